import t, { type Test } from 'tap';
import type { Room } from '../../clients/client/index.ts';
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
