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
  '[SO14] who was answered without fields hears nothing twice when it comes back',
  async (t, start) => {
    const { ada, say } = await meet(await start());
    await say('heard');
    t.match(await ada.next('message'), { message: 'heard' });
    await ada.ask('ping');
    await breakOff(ada);
    await say('missed');
    t.equal(await comeBack(ada), true);
    t.match(await ada.next('message'), { message: 'missed' });
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

onEach(
  t,
  '[SO14] who has heard nothing since it came with another text comes back, too',
  async (t, start) => {
    const { ada, say } = await meet(await start());
    await breakOff(ada);
    t.equal(await comeBackFrom(ada, 'of another server'), false);
    await ada.ask('component:subscribe', { componentId: 'c' });
    for (let time = 0; time < 2; time++) {
      await breakOff(ada);
      t.equal(await comeBack(ada), true);
    }
    await say('to the room');
    t.notOk(ada.heard().includes('message'), 'which it has not joined since');
    await breakOff(ada);
    t.equal(await comeBackFrom(ada, 'of a third one'), false);
  },
);
