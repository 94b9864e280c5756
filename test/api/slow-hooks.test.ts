import t from 'tap';
import type { Hooks, Verdict } from '../../server/index.ts';
import { add, stage } from '../native/person.ts';

/** What is awaited as a promise is, and is none of the language's own. */
function thenable<T>(verdict: T): PromiseLike<T> {
  // biome-ignore lint/suspicious/noThenProperty: that is what it is about
  return { then: (...steps) => Promise.resolve(verdict).then(...steps) };
}

t.test('[HT14] a hook may answer by any promise, and refuses by any', async (t) => {
  const word = <T>(isOpen: boolean): Verdict<T> => thenable(isOpen);
  const hooks: Hooks = {
    join: ({ roomId }) => word(roomId !== 'shut'),
    operation: ({ command }) => word(command.type !== 'message'),
  };
  const at = await stage(t, {}, { hooks });
  const ada = await at.member('ada');
  t.match(await ada.join('shut', 'ada'), { code: 'FORBIDDEN', op: 'join' });
  t.match(await ada.ask({ type: 'message', text: 'x' }), { code: 'FORBIDDEN', op: 'message' });
  t.match(await ada.ask(add('i')), { type: 'ack', version: 1 });
});
