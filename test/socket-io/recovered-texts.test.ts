import t from 'tap';
import { breakOff, comeBack, onEach, type Person } from './stage.ts';

const roomId = 'blueprint-1';

onEach(t, '[SO14] [TX6] what one wrote is one’s own also after coming back', async (t, start) => {
  const at = await start();
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  for (const one of [ada, ben]) await one.ask('join_room', { roomId });
  const write = (who: Person, operation: unknown[], version: number) =>
    who.ask('operation', { roomId, documentId: 'd', operation, version });
  await write(ben, ['hello world'], 0);
  await ada.next('operation');
  await write(ada, ['AA'], 1);
  for (const version of [3, 4]) {
    await breakOff(ada);
    t.equal(await comeBack(ada), true);
    t.match(await write(ada, [5, 'X'], 1), { ok: true, version });
  }
  for (const operation of [['AA'], [5, 'X'], [5, 'X']]) t.match(await ben.next('operation'), { operation });
});
