import t from 'tap';
import { tokenOf } from '../socket-io/stage.ts';
import { connect } from '../support/client.ts';
import { noRedis, until } from '../support/redis.ts';
import { startProxy } from '../support/tcp-proxy.ts';
import { nodesStage } from './stage.ts';

t.setTimeout(120_000);

t.test('a notification amid trouble with Redis', { skip: noRedis }, async (t) => {
  t.test('[HT10] that is stored without an answer is told by its repeat, once', async (t) => {
    const at = await nodesStage(t);
    const proxy = await startProxy(t, at.redis.port);
    const a = await at.node({ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, REDIS_TIMEOUT_MS: '500' });
    const b = await at.node();
    const connections = await Promise.all(
      [a, b].map(async ({ port }) => {
        const one = await connect(port, { headers: { authorization: `Bearer ${await tokenOf('ada')}` } });
        t.teardown(() => one.socket.terminate());
        return one;
      }),
    );
    // So that the room is open: it is the append that has no answer.
    await at.member(a, 'ada', 'user:ada');
    const notice = { id: 'n', title: 'hello', message: 'there' };
    await a.notify('ada', { ...notice, id: 'first' });
    const told = (id: string) =>
      connections.map(({ messages }) =>
        messages.filter((one) => one.type === 'notification' && one.id === id),
      );
    await until(() => told('first').every(({ length }) => length === 1));
    proxy.pass('answers', false);
    await t.rejects(a.notify('ada', notice), { code: 'OUTCOME_UNKNOWN' });
    proxy.pass('answers', true);
    await until(() => b.notify('ada', notice).then(() => true));
    await until(() => told('n').every(({ length }) => length === 1));
    for (const { notify } of [a, b]) await until(() => notify('ada', notice).then(() => true));
    await b.notify('ada', { ...notice, id: 'last' });
    await until(() => told('last').every(({ length }) => length === 1));
    t.same(
      told('n').map(({ length }) => length),
      [1, 1],
    );
  });
});
