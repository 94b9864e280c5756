import type { Dialect } from '../../dialect.ts';
import { socketFraming } from '../../framings/socket-io-framing.ts';
import { apps } from './apps.ts';
import { scenes } from './scenes.ts';

/** The namespaces of Socket.IO, each a dialect of its own, for its name stands in every packet. */
export const socketDialects: ReadonlyMap<string, Dialect> = new Map(
  [
    { namespace: '/', vocabulary: apps },
    { namespace: '/ws', vocabulary: apps },
    { namespace: '/scenes', vocabulary: scenes },
  ].map(({ namespace, vocabulary }) => [
    namespace,
    { name: `s${namespace}`, framing: socketFraming(namespace), vocabulary },
  ]),
);
