import t, { type Test } from 'tap';
import { connect, type TestClient } from '../support/client.ts';
import type { Message } from '../support/wire.ts';
import { add } from './person.ts';
import { type ServerProcess, serve, started } from './server-process.ts';

const ROOMS = 6;
const PER_ROOM = 4;

interface Worker {
  readonly client: TestClient;
  readonly roomId: string;
  /** Items and messages that were acknowledged, by their names. */
  readonly acknowledged: { items: Set<string>; texts: Set<string> };
  /** Resolves when its connection has closed. */
  readonly done: Promise<void>;
}

/** Sends operations and messages without a pause, a few ahead of the answers, until the connection closes. */
async function work(port: number, roomId: string, userId: string): Promise<Worker> {
  const client = await connect(port);
  await client.ask({ type: 'join', roomId, user: { userId } });
  const acknowledged = { items: new Set<string>(), texts: new Set<string>() };
  let count = 0;
  async function lane(): Promise<void> {
    for (;;) {
      count += 1;
      const own = count;
      const name = `${userId}-${own}`;
      try {
        const item = await client.ask({ ...add(name), opId: `i${own}` });
        if (item.type === 'ack') acknowledged.items.add(name);
        const text = await client.ask({ type: 'message', text: name, opId: `t${own}` });
        if (text.type === 'ack') acknowledged.texts.add(name);
      } catch {
        return;
      }
    }
  }
  const done = Promise.all([lane(), lane(), lane()]).then(() => undefined);
  return { client, roomId, acknowledged, done };
}

const env = (t: Test, TRANSPORT: string) => ({
  TRANSPORT,
  DATA_DIR: `${t.testdir({})}/data`,
  RATE_LIMIT: '1000000/1s',
  STREAM_LIMIT: '500000/1s',
  KEPT_MESSAGES: '100000',
});

async function stateOf(process: ServerProcess, roomId: string): Promise<Message> {
  const client = await connect(process.port);
  await client.ask({ type: 'join', roomId, user: { userId: 'reader' } });
  const state = await client.ask({ type: 'requestSync' });
  state.present = (await client.nextOf('presence')).users.map((user: Message) => user.userId);
  await client.close();
  return state;
}

/** Every acknowledged item and message is in the room, once; and nobody else than the reader is. */
async function check(t: Test, process: ServerProcess, workers: readonly Worker[]): Promise<void> {
  for (const roomId of new Set(workers.map((one) => one.roomId))) {
    const { manifest, messages, present } = await stateOf(process, roomId);
    t.same(present, ['reader'], 'nobody is left behind');
    const texts = messages.map((one: Message) => one.text);
    t.equal(new Set(texts).size, texts.length, 'nothing is there twice');
    for (const { acknowledged } of workers.filter((one) => one.roomId === roomId)) {
      const items = Object.keys(manifest.items);
      const kept = { items: new Set(items), texts: new Set(texts) };
      const lost = [
        ...[...acknowledged.items].filter((one) => !kept.items.has(one)),
        ...[...acknowledged.texts].filter((one) => !kept.texts.has(one)),
      ];
      t.same(lost, [], 'everything acknowledged is there');
    }
  }
}

async function underLoad(process: ServerProcess): Promise<Worker[]> {
  const workers = [];
  for (let index = 0; index < ROOMS * PER_ROOM; index++) {
    workers.push(await work(process.port, `room-${index % ROOMS}`, `u${index}`));
  }
  await Promise.all(
    workers.map(({ client }) => client.next((one) => one.type === 'message' && one.text.endsWith('-20'))),
  );
  return workers;
}

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(`[CL2] SIGTERM under load loses nothing and sends everybody away (${TRANSPORT})`, async (t) => {
    const settings = env(t, TRANSPORT);
    const process = await started(t, settings);
    const workers = await underLoad(process);
    const idle = await connect(process.port);
    const begun = performance.now();
    process.child.kill('SIGTERM');
    const delays = [];
    for (const { client } of [...workers, { client: idle }]) {
      const { code, reason } = await client.closed;
      t.equal(code, 4000);
      if (code !== 4000) continue;
      const { code: name, retryAfterMs } = JSON.parse(reason);
      t.equal(name, 'SHUTDOWN');
      delays.push(retryAfterMs);
    }
    t.ok(new Set(delays).size > workers.length / 2, 'delays of their own');
    t.ok(delays.every((delay) => delay >= 0 && delay <= 5000));
    t.same(await process.ended, { code: 0, signal: null });
    t.comment(`ended after ${Math.round(performance.now() - begun)} ms`);
    await t.rejects(connect(process.port), 'no new connections');
    await Promise.all(workers.map((one) => one.done));
    t.ok(
      workers.some((one) => one.acknowledged.items.size > 5),
      'there was a load',
    );
    await check(t, await started(t, settings), workers);
  });
}

t.test(
  '[PR5] [RS5] [XO2] after kill -9 nothing acknowledged is lost, and nobody is left behind',
  async (t) => {
    const settings = env(t, 'uws');
    const process = await started(t, settings);
    const workers = await underLoad(process);
    const [first] = workers as [Worker];
    const since = await first.client.ask({ type: 'requestSync' });
    await first.client.ask({ type: 'select', planetId: 'p' });
    await first.client.next((one) => one.type === 'sceneDelta' && one.toVersion > since.version);
    process.child.kill('SIGKILL');
    await Promise.all(workers.map((one) => one.done));
    const again = await started(t, settings);
    await check(t, again, workers);

    const back = await connect(again.port);
    const { epoch, version, offset } = since;
    const user = { userId: 'u0' };
    const ack = await back.ask({ type: 'join', roomId: 'room-0', user, since: { epoch, version, offset } });
    t.equal(ack.epoch, epoch);
    const selection = await back.nextOf('selection_state');
    t.same(selection.selected, {}, 'its selections went with it');
    await back.sync();
    t.notOk(
      back.messages.some((one) => one.type === 'sceneState'),
      'a resume needs no whole state',
    );
    const [delta, ...more] = back.messages.filter((one) => one.type === 'sceneDelta');
    t.same(more, []);
    t.hasStrict(delta, { fromVersion: version, toVersion: ack.version });
    const [name = ''] = first.acknowledged.texts;
    const repeat = await back.ask({ type: 'message', text: name, opId: `t${name.split('-')[1]}` });
    t.ok(
      since.messages.some((one: Message) => one.id === repeat.id && one.text === name),
      'answered as then',
    );
    await back.close();
  },
);

t.test('[CL2] a second process on the same DATA_DIR is refused with a sentence', async (t) => {
  const settings = env(t, 'uws');
  const process = await started(t, settings);
  const client = await connect(process.port);
  await client.ask({ type: 'join', roomId: 'room', user: { userId: 'ada' } });
  const second = await serve(t, settings);
  t.notOk('pid' in second);
  if ('pid' in second) return;
  t.equal(second.code, 1);
  t.match(second.output, 'Another process holds the data directory');
  t.match(second.output, settings.DATA_DIR);
  t.notMatch(second.output, /\n\s+at /, 'no stack');
  t.hasStrict(await client.ask({ type: 'message', text: 'the first one goes on' }), { type: 'ack' });
  await client.close();
});

t.test('[CL2] SIGINT closes it, too', async (t) => {
  const process = await started(t, env(t, 'ws'));
  process.child.kill('SIGINT');
  t.same(await process.ended, { code: 0, signal: null });
});
