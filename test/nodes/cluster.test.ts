import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import { openRedisLog } from '../../server/log/redis.ts';
import type { Entry } from '../../server/room/entry.ts';
import { plain } from '../e2e/plain-process.ts';
import { add, token } from '../native/person.ts';
import { Poller } from '../socket-io/poller.ts';
import { connect, type TestClient } from '../support/client.ts';
import { program } from '../support/program.ts';
import { noRedis, startRedis, until } from '../support/redis.ts';
import { freePort, TEST_SECRET } from '../support/servers.ts';

t.setTimeout(120_000);

interface Cluster {
  readonly port: number;
  readonly redisUrl: string;
  readonly process: ChildProcess;
  /** Resolves when so many of its processes, ended ones among them, have said that they listen. */
  listening(count: number): Promise<void>;
}

/** Two processes behind one port, which both listen. */
async function startCluster(t: Test, more: Record<string, string> = {}): Promise<Cluster> {
  const redis = await startRedis(t, { appendonly: 'no' });
  const port = await freePort();
  const [command, ...args] = plain([process.execPath, ...program, 'cluster', '--nodes', '2']);
  const child = spawn(command, args, {
    env: {
      PATH: process.env.PATH,
      ...{ HOST: '127.0.0.1', WS_PORT: String(port), JWT_SECRET: TEST_SECRET },
      ...{ STORE: 'redis', REDIS_URL: redis.url, TRANSPORT: 'uws' },
      ...more,
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.teardown(() => child.kill('SIGTERM'));
  let listening = 0;
  createInterface({ input: child.stdout }).on('line', (text) => {
    if ((JSON.parse(text) as { msg: string }).msg === 'listening') listening += 1;
  });
  const all = (count: number) => until(() => listening >= count, `${count} that listen`);
  await all(2);
  return { port, redisUrl: redis.url, process: child, listening: all };
}

async function enter(t: Test, port: number, userId: string): Promise<TestClient> {
  const headers = { authorization: `Bearer ${await token({ sub: userId })}` };
  const one = await connect(port, { headers });
  t.teardown(() => one.socket.terminate());
  t.match(await one.ask({ type: 'join', roomId: 'room', scene: true }), { type: 'ack' });
  return one;
}

t.test('processes that share a port share their rooms, and come back', { skip: noRedis }, async (t) => {
  const { port, redisUrl, process: child } = await startCluster(t);
  const people: TestClient[] = [];
  for (let index = 0; index < 16; index++) people.push(await enter(t, port, `user${index}`));
  await people[0]?.ask(add('i'));
  for (const one of people)
    await one.next(({ type, toVersion, version }) =>
      type === 'sceneDelta' ? toVersion === 1 : type === 'sceneState' && version === 1,
    );
  t.pass('all see what one has done');
  const log = await openRedisLog({ url: redisUrl });
  const { tail } = await log.open('room', () => {});
  await log.close();
  const joins = tail.map((text) => JSON.parse(text) as Entry).filter((entry) => entry.type === 'join');
  t.equal(new Set(joins.map(({ node }) => node)).size, 2, 'both have let some in');

  const pollers = Array.from({ length: 4 }, () => new Poller(port));
  for (const [index, one] of pollers.entries()) {
    t.teardown(() => one.end());
    await one.open(await token({ sub: `poller${index}` }));
    for (let count = 0; count < 5; count++) await one.emit('join_room', { roomId: `room${count}` });
    await until(() => one.events.filter(([name]) => name === 'room_joined').length === 5);
    t.same(one.errors, [], 'over long-polling, too, whichever of them a request comes to');
  }

  child.kill('SIGTERM');
  const closes = await Promise.all(people.map(({ closed }) => closed));
  t.same([...new Set(closes.map(({ code }) => code))], [4000]);
  const [code] = await once(child, 'exit');
  t.equal(code, 0);
});

t.test(
  'all end without waiting for one another, also where one was killed before',
  { skip: noRedis },
  async (t) => {
    const { port, process: child, listening } = await startCluster(t, { HANDOVER_MS: '600000' });
    const { pid } = child;
    const [killed] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    process.kill(Number(killed), 'SIGKILL');
    await listening(3);
    const people = await Promise.all(Array.from({ length: 8 }, (_, index) => enter(t, port, `user${index}`)));
    child.kill('SIGTERM');
    const closes = await Promise.all(people.map(({ closed }) => closed));
    t.same([...new Set(closes.map(({ code }) => code))], [4000]);
    t.same(await once(child, 'exit'), [0, null]);
  },
);

t.test('where what started them is killed they end, as on SIGTERM', { skip: noRedis }, async (t) => {
  const { port, process: child } = await startCluster(t);
  const people = await Promise.all(Array.from({ length: 8 }, () => connect(port)));
  child.kill('SIGKILL');
  const closes = await Promise.all(people.map(({ closed }) => closed));
  t.same([...new Set(closes.map(({ code }) => code))], [4000]);
  await until(
    () =>
      connect(port).then(
        () => false,
        () => true,
      ),
    'nobody listens',
  );
});

/** What it says of settings that it refuses. */
function refused(t: Test, env: Record<string, string>): string {
  const [command, ...args] = plain([process.execPath, ...program, 'cluster', '--nodes', '3']);
  const { status, stderr } = spawnSync(command, args, {
    env: { PATH: process.env.PATH, WS_PORT: '3001', ...env },
    encoding: 'utf8',
    timeout: 60_000,
  });
  t.equal(status, 2);
  return stderr;
}

const onRedis = { STORE: 'redis', REDIS_URL: 'redis://127.0.0.1' };

t.test('health ports that the processes cannot have are refused before any starts', async (t) => {
  for (const HEALTH_PORT of ['2999', '3000', '65534']) {
    t.match(
      refused(t, { ...onRedis, HEALTH_PORT }),
      `HEALTH_PORT is ${HEALTH_PORT}: expected 3 ports in a row, up to 65535 and without WS_PORT`,
    );
  }
});

t.test('so are a store and a transport that processes cannot share, by their own names', async (t) => {
  t.match(refused(t, {}), /^STORE is "lmdb": expected redis, .*\n$/);
  t.match(refused(t, { ...onRedis, TRANSPORT: 'ws' }), /^TRANSPORT is "ws": expected uws, .*\n$/);
});
