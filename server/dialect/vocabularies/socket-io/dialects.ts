import type { Dialect } from '../../dialect.ts';
import { socketFraming } from '../../framings/socket-io-framing.ts';
import { isStrict } from '../../framings/strict-client.ts';
import { apps } from './apps.ts';
import { scenes } from './scenes.ts';

const vocabularies = new Map([
  ['/', apps],
  ['/ws', apps],
  ['/scenes', scenes],
]);

/** The namespaces of Socket.IO, each a dialect of its own, for its name stands in every packet. */
const recovering = dialectsWith(true);
/** For clients that cannot bear marks, and so begin anew when they come back. */
const plain = dialectsWith(false);

export function hasDialect(namespace: string): boolean {
  return vocabularies.has(namespace);
}

/** @param query of the opening request */
export function socketDialectOf(namespace: string, query: string): Dialect | undefined {
  return (isStrict(query) ? plain : recovering).get(namespace);
}

function dialectsWith(marks: boolean): Map<string, Dialect> {
  return new Map(
    [...vocabularies].map(([namespace, vocabulary]) => [
      namespace,
      {
        name: `${marks ? 's' : 'p'}${namespace}`,
        framing: socketFraming(namespace, marks),
        vocabulary,
      },
    ]),
  );
}
