/*
 * `tandem serve` that reports every rendering of a whole room, which is a call of the one rule for it, as a line
 * `offset/version` on the file descriptor 3.
 */
import { writeSync } from 'node:fs';
import { serve } from '../../server/commands/serve.ts';
import type { Vocabulary } from '../../server/dialect/dialect.ts';
import { native } from '../../server/dialect/vocabularies/native.ts';

const direct = native.direct as { -readonly [T in keyof Vocabulary['direct']]: Vocabulary['direct'][T] };
const { state } = native.direct;
if (state === null) throw new Error('native clients are told states');
direct.state = (event, view) => {
  writeSync(3, `${event.offset}/${view?.state.scene.version}\n`);
  return state(event, view);
};
await serve(process.env);
