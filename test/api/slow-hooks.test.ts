import t from 'tap';
import type { Hooks, Verdict } from '../../server/index.ts';
import { add, bearer, ofType, stage } from '../native/person.ts';

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

t.test('[HT14] [ID9] who may no longer write when a hook has made up its mind does not', async (t) => {
  let decide = () => {};
  const hooks: Hooks = {
    operation: () =>
      new Promise((resolve) => {
        decide = () => resolve(true);
      }),
  };
  const at = await stage(t, {}, { hooks, authorize: (_, action) => action !== 'write' });
  const { projects } = at.server;
  await projects.put('p', { ownerId: 'ada', members: ['ben'], active: true });
  const roomId = 'scene:p:s';
  const [ada, ben] = [
    await at.member('ada', roomId, await bearer({ sub: 'ada' })),
    await at.member('ben', roomId, await bearer({ sub: 'ben' })),
  ];
  ada.send({ ...add('i'), ref: 'late' });
  await at.settle();
  // What it says no longer counts: the program lets them in, to look.
  await projects.delete('p');
  await at.settle();
  decide();
  t.match(
    (await ada.news()).filter(({ ref }) => ref === 'late'),
    [{ code: 'FORBIDDEN', op: 'sceneOperation' }],
  );
  t.same(ofType(await ben.news(), 'sceneDelta'), []);
});
