import t from 'tap';
import { APPLICATION_SECRET, startApplication } from '../support/application.ts';
import { noRedis, until } from '../support/redis.ts';
import { freePort, silent } from '../support/servers.ts';
import { startProxy } from '../support/tcp-proxy.ts';
import { nodesStage, quickBeats } from './stage.ts';
import { startNode } from './started-node.ts';

t.setTimeout(120_000);

/** The types of what an application was told, with whom each is about. */
const told = (calls: readonly { body: unknown }[]) =>
  calls.map(({ body }) => {
    const { type, data } = body as { type: string; data: { user?: { userId: string } } };
    return data.user === undefined ? type : `${type} ${data.user.userId}`;
  });

t.test('happenings of a room on two nodes are told once each', { skip: noRedis }, async (t) => {
  const at = await nodesStage(t);
  const application = await startApplication(t);
  const env = { WEBHOOK_URL: application.url, WEBHOOK_SECRET: APPLICATION_SECRET, WEBHOOK_BATCH_MS: '0' };
  const [a, b] = [await at.node(env), await at.node(env)];
  const ada = await at.member(a, 'ada');
  await at.member(b, 'ben');
  await ada.ask({ type: 'leave' });
  await until(() => application.calls.length >= 4);
  await b.close();
  await until(() => application.calls.length >= 6);
  t.same(told(application.calls).sort(), [
    'member.joined ada',
    'member.joined ben',
    'member.left ada',
    'member.left ben',
    'room.created',
    'room.emptied',
  ]);
});

t.test(
  'what a node had still to tell when it ended one of the others tells',
  { skip: noRedis },
  async (t) => {
    const at = await nodesStage(t);
    const port = await freePort();
    const away = { WEBHOOK_URL: `http://127.0.0.1:${port}/hook`, WEBHOOK_SECRET: APPLICATION_SECRET };
    const a = await at.node(away);
    const ada = await at.member(a, 'ada');
    await ada.ask({ type: 'leave' });
    await a.close();
    const application = await startApplication(t);
    for (let count = 0; count < 3; count++) await at.node({ ...away, WEBHOOK_URL: application.url });
    await until(() => application.calls.length >= 4);
    await until(
      async () => (await at.redis.command('EXISTS', 'tandem:{nodes}:left')) === 0,
      'nothing is left to do',
    );
    const keys = ((await at.redis.command('KEYS', '*webhooks*')) as string[]).map((key) => key.split(':')[1]);
    t.equal(new Set(keys).size, 3, 'nothing is left of the queue');
    t.same(told(application.calls), ['room.created', 'member.joined ada', 'member.left ada', 'room.emptied']);
  },
);

t.test('a node without webhooks keeps that for one that has them', { skip: noRedis }, async (t) => {
  const at = await nodesStage(t);
  const away = {
    WEBHOOK_URL: `http://127.0.0.1:${await freePort()}/hook`,
    WEBHOOK_SECRET: APPLICATION_SECRET,
  };
  const a = await at.node(away);
  const ada = await at.member(a, 'ada');
  await ada.ask({ type: 'leave' });
  const without = await at.node();
  await a.close();
  await until(async () => (await at.redis.command('HLEN', 'tandem:{nodes}:left')) === 1);
  const application = await startApplication(t);
  await at.node({ ...away, WEBHOOK_URL: application.url });
  await without.close();
  await until(() => application.calls.length >= 4);
  t.same(told(application.calls), ['room.created', 'member.joined ada', 'member.left ada', 'room.emptied']);
});

t.test('also where Redis is away just when that is noticed', { skip: noRedis }, async (t) => {
  const at = await nodesStage(t);
  const proxy = await startProxy(t, at.redis.port);
  const application = await startApplication(t);
  const away = {
    WEBHOOK_URL: `http://127.0.0.1:${await freePort()}/hook`,
    WEBHOOK_SECRET: APPLICATION_SECRET,
  };
  const a = await at.node(away);
  const failures: unknown[] = [];
  const logger = {
    ...silent,
    info(_: unknown, what?: unknown) {
      if (what !== 'another node is gone') return;
      proxy.accept(false);
      proxy.cut();
    },
    error(_: unknown, what?: unknown) {
      failures.push(what);
    },
  };
  const REDIS_URL = `redis://127.0.0.1:${proxy.port}`;
  const ways = { ...away, WEBHOOK_URL: application.url, REDIS_URL, REDIS_TIMEOUT_MS: '500' };
  await at.node(ways, { logger });
  const ada = await at.member(a, 'ada');
  await ada.ask({ type: 'leave' });
  await a.close();
  await until(() => failures.some((what) => String(what).includes('cannot be told')));
  proxy.accept(true);
  await until(() => application.calls.length >= 4);
  t.same(told(application.calls), ['room.created', 'member.joined ada', 'member.left ada', 'room.emptied']);
});

t.test('who was alone in a room when a node was killed has left it', { skip: noRedis }, async (t) => {
  const at = await nodesStage(t);
  const application = await startApplication(t);
  const env = { WEBHOOK_URL: application.url, WEBHOOK_SECRET: APPLICATION_SECRET };
  const dying = await startNode(t, { ...at.env, ...env }, quickBeats);
  await at.node(env);
  const ada = await at.member(dying, 'ada');
  await at.member(dying, 'ben', 'another');
  await ada.ask({ type: 'leave' });
  await at.member(dying, 'ada');
  await until(() => told(application.calls).filter((one) => one === 'member.joined ada').length === 2);
  await dying.kill();
  await until(() => told(application.calls).filter((one) => one === 'room.emptied').length === 3);
  t.ok(told(application.calls).includes('member.left ben'));
  await until(
    async () => ((await at.redis.command('KEYS', '*occupied*')) as string[]).length <= 3,
    'nothing is left of what the dead node had noted',
  );
});

t.test('who is at a node that was taken for dead has left when it does die', { skip: noRedis }, async (t) => {
  const at = await nodesStage(t);
  const application = await startApplication(t);
  const env = { WEBHOOK_URL: application.url, WEBHOOK_SECRET: APPLICATION_SECRET };
  const proxy = await startProxy(t, at.redis.port);
  const REDIS_URL = `redis://127.0.0.1:${proxy.port}`;
  const dying = await startNode(t, { ...at.env, ...env, REDIS_URL }, quickBeats);
  await at.node(env);
  const times = (what: string) => told(application.calls).filter((one) => one === what).length;
  /** What nodes have noted of their rooms, as it is stored. */
  const noted = async () => {
    const keys = (await at.redis.command('KEYS', '*occupied*:entries')) as string[];
    const stored = await Promise.all(keys.map((key) => at.redis.command('XRANGE', key, '-', '+')));
    return stored.flat(4).join();
  };
  await at.member(dying, 'ada');
  await until(async () => times('member.joined ada') === 1 && (await noted()).includes('"room"'));
  proxy.accept(false);
  proxy.cut();
  await until(() => times('room.emptied') === 1, 'it is taken for dead');
  await until(async () => (await at.redis.command('EXISTS', 'tandem:{nodes}:left')) === 0);
  proxy.accept(true);
  await until(() => times('member.joined ada') === 2, 'it is back');
  await at.member(dying, 'ben', 'another');
  await until(async () => times('member.joined ben') === 1 && (await noted()).includes('"another"'));
  await until(async () => (await noted()).includes('"room"'), 'what it was in before is noted anew');
  await dying.kill();
  await until(() => times('member.left ben') === 1 && times('member.left ada') === 2);
  await until(() => times('room.emptied') === 3);
});
