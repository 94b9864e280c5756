import t from 'tap';
import { clientStage, until } from './stage.ts';

t.test('a snapshot of a scene is the same until the scene changes, and never changes itself', async (t) => {
  const at = await clientStage(t);
  const { scene, joined } = at.client().join('r', { user: { userId: 'ada' } });
  await joined;
  await scene.add('a', { x: 1 });
  await until(() => scene.version === 1, 'the delta');
  const first = scene.snapshot;
  t.equal(scene.snapshot, first);
  const answer = scene.update('a', { x: 2 });
  const second = scene.snapshot;
  t.not(second, first, 'it shows at once');
  t.same([first.items.get('a'), first.version], [{ id: 'a', x: 1 }, 1]);
  t.same(second.items.get('a'), { id: 'a', x: 2 });
  await answer;
  await until(() => scene.version === 2, 'the delta');
  t.equal(scene.snapshot.version, 2);
  // Nothing is left of it within a tick, but for the version.
  await scene.apply([
    { type: 'add', target: 'item', id: 'b', data: {} },
    { type: 'remove', target: 'item', id: 'b' },
  ]);
  await until(() => scene.version === 4, 'the delta');
  t.equal(scene.snapshot.version, 4);
});

t.test(
  'whether there is something to undo, or to redo, is told when it changes, and only then',
  async (t) => {
    const at = await clientStage(t);
    const { scene } = at.client().join('r', { user: { userId: 'ada' } });
    const told: string[] = [];
    scene.on('history', ({ canUndo, canRedo }) => {
      t.same(scene.history, { canUndo: scene.canUndo, canRedo: scene.canRedo });
      told.push(`${canUndo} ${canRedo}`);
    });
    await scene.add('a');
    await scene.add('b');
    const end = scene.group();
    await scene.update('b', { x: 1 });
    await scene.update('b', { x: 2 });
    end();
    for (let steps = 0; steps < 3; steps++) await scene.undo();
    t.equal(await scene.undo(), false);
    await scene.redo();
    await t.rejects(scene.add('a'), { code: 'ALREADY_EXISTS' });
    t.same(told, ['true false', 'true true', 'false true', 'true true', 'true false']);
  },
);

t.test('a client that is lazy connects with the first room', async (t) => {
  const at = await clientStage(t);
  const client = at.client({ lazy: true });
  client.retryNow();
  client.prepare('r');
  await new Promise((resolve) => setTimeout(resolve, 10));
  t.same([client.status, client.rooms.size, at.sockets.length], ['connecting', 0, 0]);
  await client.join('r', { user: { userId: 'ada' } }).joined;
  t.same([client.status, client.rooms.size, at.sockets.length], ['open', 1, 1]);
  const unused = at.client({ lazy: true });
  unused.close();
  t.equal(unused.status, 'closed');
  t.throws(() => unused.join('r'), { code: 'CLOSED' });
  t.equal(unused.enter(unused.prepare('r')).status, 'left');
});
