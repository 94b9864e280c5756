import t from 'tap';
import { comeBackFrom } from './components.ts';
import { breakOff, comeBack, onEach, type SocketStage } from './stage.ts';

const roomId = 'blueprint-1';

/** Two in a room, one of whom says something. */
async function meet(at: SocketStage) {
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  for (const one of [ada, ben]) await one.ask('join_room', { roomId });
  return { ada, say: (message: string) => ben.ask('send_message', { roomId, message }) };
}

onEach(
  t,
  '[SO14] whatever text stood last in what it heard, who comes back hears nothing twice',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const { ada, say } = await meet(at);
    const published = async (room: string) => {
      await at.server.publish(room, { event: 'news', data: 'a text' });
      t.equal(await ada.next('news'), 'a text');
    };
    for (const [what, happens] of [
      ['an answer without fields', () => ada.ask('ping')],
      ['a text in the room', () => published(roomId)],
      ['a text for the user', () => published('user:ada')],
    ] as const) {
      await say('heard');
      t.match(await ada.next('message'), { message: 'heard' });
      await happens();
      await breakOff(ada);
      await say('missed');
      t.equal(await comeBack(ada), true, what);
      t.match(await ada.next('message'), { message: 'missed' }, what);
    }
  },
);

onEach(t, '[SO14] who hands in what is no mark is not taken for one who heard nothing', async (t, start) => {
  const { ada, say } = await meet(await start());
  await say('heard');
  t.match(await ada.next('message'), { message: 'heard' });
  await breakOff(ada);
  t.equal(await comeBackFrom(ada, 'pong'), false);
  t.match(await ada.ask('join_room', { roomId }), { ok: true }, 'it begins anew');
  t.notOk(ada.heard().includes('message'));
});
