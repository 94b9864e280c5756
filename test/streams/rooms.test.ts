import t from 'tap';
import { limits } from '../../protocol/index.ts';
import { connect } from '../support/client.ts';
import { onBoth } from './stage.ts';

onBoth(t, '[RM3] a room that is full to native clients takes others in', async (t, start) => {
  const at = await start();
  const join = async (userId: string) => {
    const one = await connect(at.server.port);
    t.teardown(() => one.close());
    return one.ask({ type: 'join', roomId: 'r', user: { userId } });
  };
  for (let count = 0; count < limits.MAX_ROOM_USERS; count++) t.match(await join(`u${count}`), { ok: true });
  t.match(await join('late'), { code: 'ROOM_FULL', limit: 20 });
  const ada = await at.open('/rooms/r/events?clientId=a&events=presence', { as: 'ada' });
  const { data } = await ada.next('presence');
  t.equal(data.users.length, 21);
  t.match(await join('late'), { code: 'ROOM_FULL', limit: 20 });
});
