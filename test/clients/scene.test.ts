import t, { type Test } from 'tap';
import type { Room } from '../../clients/client/index.ts';
import { type ClientStage, clientStage, until } from './stage.ts';

async function two(t: Test): Promise<{ at: ClientStage; ada: Room; ben: Room; calm(): Promise<void> }> {
  const at = await clientStage(t);
  const [ada, ben] = ['ada', 'ben'].map((userId) => at.client().join('r', { user: { userId } })) as [
    Room,
    Room,
  ];
  await Promise.all([ada.joined, ben.joined]);
  // What comes before a message is in the same frame, or in an earlier one.
  const calm = async () => {
    const [id] = [await ada.chat.send('.'), await ben.chat.send('.')].reverse();
    const has = ({ chat }: Room) => chat.messages.some((one) => one.id === id);
    await until(() => has(ada) && has(ben), 'everything so far');
  };
  return { at, ada, ben, calm };
}

t.test('what is changed shows at once, and only what changed is another object', async (t) => {
  const { ada, ben, calm } = await two(t);
  const changes: unknown[] = [];
  ada.scene.on('change', (one) => changes.push(one));
  const answer = ada.scene.apply([
    { type: 'add', target: 'item', id: 'a', data: { color: 'red', transform: { position: { x: 1, y: 2 } } } },
    { type: 'add', target: 'item', id: 'b', data: {} },
    { type: 'update', target: 'scene', data: { name: 'n' } },
  ]);
  t.same(changes, [{ items: ['a', 'b'], properties: true }]);
  t.same(ada.scene.properties, { name: 'n' });
  t.equal(ada.scene.version, 0);
  t.match(await answer, { ok: true, version: 3 });
  await until(() => ben.scene.version === 3, 'all of it');
  t.same([...ben.scene.items], [...ada.scene.items]);
  const untouched = ben.scene.items.get('b');
  await ada.scene.update('a', { position_x: 5 });
  await calm();
  t.same(ben.scene.items.get('a')?.transform, { position: { x: 5, y: 2 } });
  t.equal(ben.scene.items.get('b'), untouched);
});

t.test('what is one’s own and not confirmed lies on top of what others change', async (t) => {
  const { at, ada, ben, calm } = await two(t);
  await ada.scene.add('a', { x: 0, y: 0 });
  await until(() => ben.scene.version === 1, 'the item');
  const [socket] = at.sockets;
  socket?.pause();
  const own = ada.scene.update('a', { x: 1 });
  await ben.scene.update('a', { x: 2, y: 2 });
  t.match(ada.scene.items.get('a'), { x: 1, y: 0 });
  socket?.resume();
  await own;
  await calm();
  t.same(ada.scene.items.get('a'), ben.scene.items.get('a'));
  t.equal(ada.scene.items.get('a')?.y, 2);
});

t.test('undo takes back one’s own steps, redo does them again', async (t) => {
  const { ada, ben, calm } = await two(t);
  await ada.scene.add('a', { x: 0 });
  await ada.scene.update('a', { x: 1 });
  const end = ada.scene.group();
  for (const x of [2, 3, 4]) await ada.scene.update('a', { x });
  end();
  await ada.scene.remove('a');
  t.notOk(ada.scene.canRedo);
  await ada.scene.undo();
  t.match(ada.scene.items.get('a'), { x: 4 });
  await ada.scene.undo();
  t.match(ada.scene.items.get('a'), { x: 1 }, 'a group is one step');
  await ada.scene.undo();
  await ada.scene.undo();
  t.equal(ada.scene.items.size, 0);
  t.notOk(ada.scene.canUndo);
  t.equal(await ada.scene.undo(), false);
  for (let steps = 0; steps < 3; steps++) t.equal(await ada.scene.redo(), true);
  await calm();
  t.same(ben.scene.items.get('a'), { id: 'a', x: 4 });
  await ada.scene.update('a', { x: 9 });
  t.notOk(ada.scene.canRedo, 'something new ends what could be redone');
});

t.test('a group within another is part of that, and ends nothing but itself', async (t) => {
  const { ada } = await two(t);
  await ada.scene.add('a', { x: 0 });
  const endOuter = ada.scene.group();
  await ada.scene.update('a', { x: 1 });
  const endInner = ada.scene.group();
  await ada.scene.update('a', { x: 2 });
  endInner();
  endInner();
  await ada.scene.update('a', { x: 3 });
  endOuter();
  await ada.scene.update('a', { x: 4 });
  endInner();
  await ada.scene.undo();
  t.match(ada.scene.items.get('a'), { x: 3 });
  await ada.scene.undo();
  t.match(ada.scene.items.get('a'), { x: 0 });
});

t.test('an undo and a redo end what groups are open, also one that was forgotten', async (t) => {
  const { ada } = await two(t);
  await ada.scene.add('a', { x: 0 });
  const x = () => ada.scene.items.get('a')?.x;
  const update = (n: number) => ada.scene.update('a', { x: n });
  const endForgotten = ada.scene.group();
  await update(1);
  await update(2);
  await ada.scene.undo();
  t.equal(x(), 0);
  const end = ada.scene.group();
  await update(3);
  endForgotten();
  await update(4);
  end();
  await update(5);
  await update(6);
  await ada.scene.undo();
  t.equal(x(), 5);
  ada.scene.group();
  await ada.scene.redo();
  t.equal(x(), 6);
  await update(7);
  await update(8);
  await ada.scene.undo();
  t.equal(x(), 7);
});

t.test('undo never takes back what somebody else has done', async (t) => {
  const { ada, ben, calm } = await two(t);
  await ada.scene.add('a', { x: 0, y: 0 });
  await ada.scene.update('a', { x: 1, y: 1 });
  await calm();
  await ben.scene.update('a', { x: 7 });
  await calm();
  t.equal(await ada.scene.undo(), true);
  await calm();
  t.match(ben.scene.items.get('a'), { x: 7, y: 0 }, 'what is still one’s own is taken back');
  t.equal(await ada.scene.undo(), false, 'an item that somebody else has changed stays');
  t.match(ada.scene.items.get('a'), { x: 7 });
});

t.test('undo knows nothing of what is not to be undone', async (t) => {
  const { ada } = await two(t);
  await ada.scene.apply([{ type: 'add', target: 'item', id: 'floor', data: {} }], { undoable: false });
  t.notOk(ada.scene.canUndo);
  await ada.scene.update('floor', { color: 'oak' });
  t.equal(await ada.scene.undo(), true);
  t.equal(await ada.scene.undo(), false);
  t.ok(ada.scene.items.has('floor'));
});

t.test('undo gives way to who changes the same in that moment', async (t) => {
  const { at, ada, ben, calm } = await two(t);
  await ada.scene.add('a', { x: 0, y: 0 });
  await ada.scene.update('a', { x: 1, y: 1 });
  await calm();
  at.sockets[0]?.pause();
  await ben.scene.update('a', { x: 7 });
  const refused: unknown[] = [];
  ada.scene.on('refused', (one) => refused.push(one));
  const undone = ada.scene.undo();
  t.match(ada.scene.items.get('a'), { x: 0, y: 0 }, 'not known yet');
  at.sockets[0]?.resume();
  t.equal(await undone, true);
  await calm();
  t.match(ada.scene.items.get('a'), { x: 7, y: 0 });
  t.match(ben.scene.items.get('a'), { x: 7, y: 0 });
  t.same(refused, [], 'tried again in silence');
});

t.test('what an undo goes back to is what lay below when the change was made', async (t) => {
  const { at, ada, ben, calm } = await two(t);
  await ada.scene.add('a', { x: 0 });
  await calm();
  at.sockets[0]?.pause();
  await ben.scene.update('a', { x: 5 });
  // Told, in a delta of its own, to all but ada, whose socket is not read.
  await until(() => ben.scene.version === 2, 'the delta');
  const own = ada.scene.update('a', { x: 1 });
  at.sockets[0]?.resume();
  await own;
  await calm();
  await ada.scene.undo();
  await calm();
  t.equal(ben.scene.items.get('a')?.x, 5);
});

t.test('what one drags never jumps back', async (t) => {
  const { ada } = await two(t);
  await ada.scene.add('a', { x: 0 });
  const seen: number[] = [];
  ada.scene.on('change', () => seen.push(Number(ada.scene.items.get('a')?.x)));
  const answers: Promise<unknown>[] = [];
  for (let x = 1; x <= 60; x++) {
    answers.push(ada.scene.update('a', { x }));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(answers);
  await until(() => ada.scene.version === 61, 'all of it');
  t.ok(seen.length > 60);
  t.same(
    seen,
    [...seen].sort((a, b) => a - b),
  );
});

t.test('what has a minus before its nought is undone like all else', async (t) => {
  const { ada, calm } = await two(t);
  await ada.scene.add('a', { x: 1 });
  await ada.scene.add('b', { transform: { rotation: { x: -0, y: 0 } } });
  await calm();
  t.equal(await ada.scene.undo(), true);
  t.same([...ada.scene.items.keys()], ['a']);
});

t.test(
  'what a listener does about a change comes after it, for everybody and in what is undone',
  async (t) => {
    const { ada, ben, calm } = await two(t);
    const refused: unknown[] = [];
    ada.scene.on('refused', ({ error }) => refused.push(error.code));
    let told = 0;
    ada.scene.on('history', () => {
      told += 1;
      if (told === 1) ada.scene.update('a', { title: ada.scene.snapshot.items.size });
    });
    ada.scene.on('change', ({ items }) => {
      for (const id of items) {
        const { x = 0, label } = (ada.scene.items.get(id) ?? { label: '' }) as { x?: number; label?: string };
        if (x > 10) ada.scene.update(id, { x: 10 });
        if (label === undefined) ada.scene.update(id, { label: 'new' });
      }
    });
    await ada.scene.add('a', { x: 1 });
    await ada.scene.update('a', { x: 12 });
    await calm();
    t.same(refused, []);
    for (const { scene } of [ada, ben])
      t.same(scene.items.get('a'), { id: 'a', x: 10, label: 'new', title: 1 });
    await ada.scene.undo();
    t.match(ada.scene.items.get('a'), { x: 10 }, 'which it makes 10 at once');
  },
);

t.test('wholes and parts that are set while there is no connection are, in their order', async (t) => {
  const { at, ada, ben, calm } = await two(t);
  await ada.scene.add('a', { transform: { position: { x: 1, y: 2, z: 3 } } });
  await ada.scene.add('b', { transform: { position: { x: 1, y: 2, z: 3 } } });
  await ada.scene.add('c', { x: 0 });
  at.sockets[0]?.terminate();
  await until(() => ada.status === 'joining', 'a room without a connection');
  const double = (id: string, x: number, y: number) =>
    [{ x }, { y, x: -x }].map((data) => ({ type: 'update', target: 'item', id, data }) as const);
  await Promise.all([
    ada.scene.update('a', { transform: { position: null } }),
    ada.scene.update('a', { transform: { position: { x: 5 } } }),
    ada.scene.update('b', { transform: { rotation: { x: 1 } }, position_x: 5 }),
    ada.scene.update('b', { transform: { position: null } }),
    ada.scene.apply(double('c', 1, 2)),
    ada.scene.apply(double('c', 3, 4).reverse()),
  ]);
  await calm();
  for (const { scene } of [ada, ben]) {
    t.same(scene.items.get('a')?.transform, { position: { x: 5 } });
    t.same(scene.items.get('b')?.transform, { rotation: { x: 1 }, position: null });
    t.match(scene.items.get('c'), { x: 3, y: 4 });
  }
});
