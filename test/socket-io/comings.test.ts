import t from 'tap';
import { breakOff, comeBack, durable, onEach, type Person } from './stage.ts';

const roomId = 'blueprint-1';

/** Who came and went, as this one hears it from now on; itself left out. */
function comings(one: Person): string[] {
  const heard: string[] = [];
  one.socket.on('user_joined', ({ userName }) => heard.push(`${userName} came`));
  one.socket.on('user_left', ({ userName }) => heard.push(`${userName} went`));
  return heard;
}

for (const [where, first] of [
  ['a room that keeps nothing', []],
  ['a room in which something was said', ['hello']],
] as const)
  onEach(
    t,
    `[SO14] who was away hears who came and went meanwhile, of nobody twice, in ${where}`,
    async (t, start) => {
      const at = await start();
      const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
      await ada.ask('join_room', { roomId });
      for (const message of first) await ada.ask('send_message', { roomId, message });
      await ben.ask('join_room', { roomId });
      await ada.next('user_joined');
      const heard = comings(ada);
      await breakOff(ada);
      await ben.next('user_left');
      const [cy, dan] = [await at.client({ as: 'cy' }), await at.client({ as: 'dan' })];
      for (const one of [cy, dan]) await one.ask('join_room', { roomId });
      for (const one of [ben, dan]) await one.ask('leave_room', { roomId });
      t.equal(await comeBack(ada), true, 'recovered');
      await ada.ask('send_message', { roomId, message: 'hi' });
      t.same(heard, ['CY came', 'BEN went']);
      await breakOff(ada);
      t.equal(await comeBack(ada), true);
      await ada.ask('send_message', { roomId, message: 'hi' });
      t.same(heard, ['CY came', 'BEN went']);
    },
  );

onEach(t, '[SO14] who comes back after a restart hears who has not', async (t, start) => {
  const at = await start(await durable(t));
  const [ada, ben, cy] = await Promise.all(['ada', 'ben', 'cy'].map((as) => at.client({ as })));
  if (ada === undefined || ben === undefined || cy === undefined) throw new Error('nobody there');
  for (const one of [cy, ada]) await one.ask('join_room', { roomId });
  await ada.ask('send_message', { roomId, message: 'hi' });
  await ben.ask('join_room', { roomId });
  await ada.next('user_joined');
  const heard = comings(ada);
  for (const one of [ben, cy]) one.socket.io.reconnection(false);
  await at.restart();
  await ada.next('connect');
  await ada.ask('send_message', { roomId, message: 'hi' });
  t.equal(ada.socket.recovered, true);
  t.same([...heard].sort(), ['BEN went', 'CY went']);
});
