import t from 'tap';
import { startStage } from '../socket-io/stage.ts';
import { noRedis } from '../support/redis.ts';
import { nodesStage } from './stage.ts';

t.test(
  '[ND1] who has heard nothing in the user’s own room stays, where another node forgets it',
  { skip: noRedis },
  async (t) => {
    const { env } = await nodesStage(t);
    const [one, two] = [
      await startStage(t, env, ['websocket'], {}),
      await startStage(t, env, ['websocket'], {}),
    ];
    const ada = await one.client({ as: 'ada' });
    await ada.next('connect');
    for (let times = 0; times < 10; times++) {
      const other = await two.client({ as: 'ada' });
      await other.next('connect');
      other.socket.disconnect();
      await ada.ask('join_room', { roomId: `r${times}` });
    }
    await one.server.publish('user:ada', { event: 'news', data: { n: 1 } });
    t.match(await ada.next('news'), { n: 1 });
    t.notOk(ada.heard().includes('disconnect'));
  },
);
