import t from 'tap';
import { connect } from '../../server/log/redis-connections.ts';
import { noRedis, startRedis, until } from '../support/redis.ts';

t.setTimeout(120_000);

t.test('the connections to a Redis', { skip: noRedis }, async (t) => {
  t.test('who leaves a channel leaves it to those who are just coming to it', async (t) => {
    const redis = await startRedis(t);
    const idle = { onReady() {}, onSubscribed() {}, onError() {} };
    const connections = await connect({ url: redis.url, silenceMs: 5000, ...idle });
    t.teardown(() => connections?.close());
    const heard: string[] = [];
    const coming = connections?.subscribe('channel', (message) => void heard.push(String(message)));
    await connections?.unsubscribe('channel', () => {});
    await coming;
    await connections?.send('channel', ['SPUBLISH', 'channel', 'x']);
    await until(() => heard.length === 1);
  });
});
