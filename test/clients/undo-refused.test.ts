import t, { type Test } from 'tap';
import type { Room } from '../../clients/client/index.ts';
import { stage as scriptedStage } from './scripted.ts';
import { clientStage, until } from './stage.ts';

async function two(t: Test, env: Record<string, string> = {}): Promise<[Room, Room]> {
  const at = await clientStage(t, env);
  const rooms = ['ada', 'ben'].map((userId) => at.client().join('r', { user: { userId } }));
  await Promise.all(rooms.map(({ joined }) => joined));
  return rooms as [Room, Room];
}

const refusals = ({ scene }: Room): string[] => {
  const codes: string[] = [];
  scene.on('refused', ({ error }) => codes.push(error.code));
  return codes;
};

t.test('an undo and a redo that a lock refuses are told, and can be made when it is gone', async (t) => {
  const [ada, ben] = await two(t);
  const refused = refusals(ada);
  await ada.scene.add('a', { x: 0 });
  await ada.scene.update('a', { x: 1 });
  await ben.selection.select('a');
  await t.rejects(ada.scene.undo(), { code: 'CONFLICT' });
  t.match(ada.scene.items.get('a'), { x: 1 });
  t.same(refused, ['CONFLICT']);
  t.same(ada.scene.history, { canUndo: true, canRedo: false });
  await ben.selection.unselect('a');
  t.equal(await ada.scene.undo(), true);
  t.match(ada.scene.items.get('a'), { x: 0 });
  await ben.selection.select('a');
  await t.rejects(ada.scene.redo(), { code: 'CONFLICT' });
  t.same(refused, ['CONFLICT', 'CONFLICT']);
  await ben.selection.unselect('a');
  t.equal(await ada.scene.redo(), true);
  t.match(ada.scene.items.get('a'), { x: 1 });
});

t.test('an undo for which there is no room is told, and can be made when there is', async (t) => {
  const [ada, ben] = await two(t, { MAX_ITEMS: '2' });
  const refused = refusals(ada);
  await ada.scene.add('a', { x: 0 });
  await ada.scene.add('b');
  await ada.scene.remove('a');
  await ben.scene.add('c');
  await t.rejects(ada.scene.undo(), { code: 'LIMIT_EXCEEDED' });
  t.same(refused, ['LIMIT_EXCEEDED']);
  await ben.scene.remove('c');
  t.equal(await ada.scene.undo(), true);
  t.match(ada.scene.items.get('a'), { x: 0 });
});

t.test('a step is undone at once, and redone, however many commands that takes', async (t) => {
  const [ada, ben] = await two(t);
  const refused = refusals(ada);
  // More operations than one command may hold, and more bytes than one message.
  const ids = Array.from({ length: 250 }, (_, n) => `i${n}`);
  for (const id of ids) ada.scene.add(id, { text: 'é'.repeat(300) });
  const end = ada.scene.group();
  await Promise.all(ids.map((id) => ada.scene.remove(id)));
  end();
  const undone = ada.scene.undo();
  t.equal(ada.scene.items.size, 250, 'shown at once');
  t.equal(await undone, true);
  await until(() => ben.scene.items.size === 250, 'all of it');
  t.equal(await ada.scene.redo(), true);
  await until(() => ben.scene.items.size === 0, 'all of it again');
  t.notOk(ada.scene.canRedo);
  t.equal(await ada.scene.undo(), true);
  t.equal(ada.scene.items.size, 250);
  t.same(refused, []);
});

/** A room in which an undo can be told that somebody else was quicker: it waits for what that is. */
async function undoing(t: Test) {
  const { client, pass, last } = scriptedStage(t);
  const room = client.join('r', { user: { userId: 'ada' } });
  const state = (epoch: string, version: number, x: number) =>
    last().say({
      ...{ type: 'sceneState', roomId: 'r', epoch, version, offset: version },
      manifest: { items: { a: { id: 'a', x } }, properties: {} },
    });
  const answer = (op: string, how: object) => {
    const { ref, opId } = last().sent.findLast(({ type }) => type === op) ?? {};
    last().say({ op, roomId: 'r', ref, opId, ...how });
  };
  const refuse = () => {
    const how = { type: 'error', ok: false, code: 'VERSION_CONFLICT', message: 'Late.', version: 9 };
    answer('sceneOperation', how);
    return pass(0);
  };
  await pass(0);
  last().open();
  answer('join', { type: 'ack', ok: true, epoch: 'e' });
  state('e', 7, 0);
  const updated = room.scene.update('a', { x: 1 });
  answer('sceneOperation', { type: 'ack', ok: true, version: 8 });
  await updated;
  return { room, undone: room.scene.undo(), refuse, state, answer, pass };
}

t.test('an undo that waits for what others did ends with the room', async (t) => {
  const { room, undone, refuse } = await undoing(t);
  await refuse();
  room.leave();
  await t.rejects(undone, { code: 'LEFT' });
});

t.test('so does one that would have to wait when the room has just ended', async (t) => {
  const { room, undone, refuse } = await undoing(t);
  room.on('pending', (count) => count === 0 && room.leave());
  refuse();
  await t.rejects(undone, { code: 'LEFT' });
});

t.test('an undo that waits for what others did goes on in another life of the room', async (t) => {
  const { room, undone, refuse, state, answer, pass } = await undoing(t);
  await refuse();
  state('another', 2, 1);
  await pass(0);
  answer('sceneOperation', { type: 'ack', ok: true, version: 3 });
  t.equal(await undone, true);
  t.match(room.scene.items.get('a'), { x: 0 });
});

t.test('a step that no message can hold is told, and those before it can be undone', async (t) => {
  const [ada] = await two(t);
  const refused = refusals(ada);
  await ada.scene.add('kept', { x: 0 });
  await ada.scene.update('kept', { x: 1 });
  await ada.scene.add('large', { one: 'x'.repeat(40_000) });
  await ada.scene.update('large', { other: 'y'.repeat(40_000) });
  await ada.scene.remove('large');
  await t.rejects(ada.scene.undo(), { code: 'MESSAGE_TOO_LARGE' });
  t.same(refused, ['MESSAGE_TOO_LARGE']);
  t.notOk(ada.scene.items.has('large'));
  t.equal(await ada.scene.undo(), true);
  t.match(ada.scene.items.get('kept'), { x: 0 });
});
