import t from 'tap';
import { LogError } from '../../server/log/log.ts';
import { createLossyLog } from '../native/lossy-log.ts';
import { breakOff, comeBack, startStage } from '../socket-io/stage.ts';
import { noRedis, until } from '../support/redis.ts';
import { startProxy } from '../support/tcp-proxy.ts';
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

t.test(
  '[SO11] who connected while Redis was away hears its own room once that is back',
  { skip: noRedis },
  async (t) => {
    const at = await nodesStage(t);
    const proxy = await startProxy(t, at.redis.port);
    const away = { REDIS_URL: `redis://127.0.0.1:${proxy.port}`, REDIS_TIMEOUT_MS: '300' };
    const one = await startStage(t, { ...at.env, ...away }, ['websocket'], {});
    const other = await at.node();
    proxy.pass('answers', false);
    const ada = await one.client({ as: 'ada' });
    await ada.next('connect');
    // What was asked before has failed by then.
    await t.rejects(one.server.publish('room', { event: 'e', data: 1 }));
    proxy.pass('answers', true);
    let n = 0;
    await until(async () => {
      n += 1;
      await other.publish('user:ada', { event: 'news', data: { n } });
      return ada.heard().includes('news');
    });
    const first = (await ada.next('news')).n;
    await breakOff(ada);
    for (const said of [1, 2]) await other.publish('user:ada', { event: 'news', data: { n: n + said } });
    await comeBack(ada);
    for (let next = first + 1; next <= n + 2; next++) t.equal((await ada.next('news')).n, next);
  },
);

t.test('[SO11] so does who heard it before its log was lost', async (t) => {
  const lossy = createLossyLog();
  let opened = 0;
  let failing = false;
  const log: typeof lossy = {
    ...lossy,
    isShared: true,
    async open(roomId, ...rest) {
      if (roomId !== 'user:ada') return lossy.open(roomId, ...rest);
      if (failing) {
        failing = false;
        throw new LogError('LOG_UNAVAILABLE', 'away');
      }
      opened += 1;
      return lossy.open(roomId, ...rest);
    },
  };
  const at = await startStage(t, {}, ['websocket'], { log });
  const ada = await at.client({ as: 'ada' });
  await ada.next('connect');
  await until(() => opened === 1);
  failing = true;
  await log.lose('user:ada');
  await until(() => opened === 2);
  await at.server.publish('user:ada', { event: 'news', data: { n: 1 } });
  t.match(await ada.next('news'), { n: 1 });
});
