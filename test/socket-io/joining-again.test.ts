import t from 'tap';
import { onEach } from './stage.ts';

const roomId = 'blueprint-1';

onEach(
  t,
  '[SO14] who joins a room again that it is in misses nothing of it',
  async (t, start) => {
    const at = await start({ RATE_LIMIT: '100000/1s' });
    const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
    for (const one of [ada, ben]) await one.ask('join_room', { roomId });
    await ada.next('user_joined');
    const heard: string[] = [];
    ada.socket.on('message', ({ message }) => heard.push(message));
    ada.socket.on('user_joined', ({ userName }) => heard.push(`${userName} came`));
    ada.socket.on('user_left', ({ userName }) => heard.push(`${userName} went`));
    const said = Array.from({ length: 50 }, (_, n) => `${n}`);
    for (const message of said) {
      await Promise.all([
        ben.ask('send_message', { roomId, message }),
        ada.ask('join_room', { roomId }),
        ben.ask('join_room', { roomId }),
      ]);
    }
    await ben.ask('send_message', { roomId, message: 'end' });
    await ada.ask('send_message', { roomId, message: 'over' });
    t.same(heard.slice(0, -2), said);
  },
  ['websocket only'],
);
