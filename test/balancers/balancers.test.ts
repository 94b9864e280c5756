import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { connect as connectClient } from '../../clients/client/index.ts';
import { Poller } from '../socket-io/poller.ts';
import { type Person, tokenOf } from '../socket-io/stage.ts';
import { Reader } from '../streams/stage.ts';
import { type Balancer, balancers, noBalancer } from '../support/balancers.ts';
import { connect } from '../support/client.ts';
import { missing, source } from '../support/program.ts';
import { noRedis, until } from '../support/redis.ts';
import { type Balanced, type BalancedStage, balancedStage } from './stage.ts';

t.setTimeout(300_000);

const PYTHON = '/usr/bin/python3';
const program = source('test/socket-io/python-client.py');
const noPython = missing(
  PYTHON,
  ['-c', 'import socketio, requests'],
  'apt-get install python3-socketio python3-requests',
);

const CLIENTS = 6;
const MESSAGES = 5;
let rooms = 0;

/** Everybody says something, several times; everybody hears all of it, once. */
async function talk(t: Test, people: readonly Person[], roomId: string): Promise<void> {
  const heard = people.map(({ socket }) => {
    const texts: string[] = [];
    socket.on('message', ({ message }: { message: string }) => texts.push(message));
    return texts;
  });
  for (const one of people) t.match(await one.ask('join_room', { roomId }), { roomId });
  const expected: string[] = [];
  for (let round = 0; round < MESSAGES; round++) {
    await Promise.all(
      people.map(async (one, index) => {
        const message = `${index}:${round}`;
        expected.push(message);
        t.match(await one.ask('send_message', { roomId, message }), { ok: true });
      }),
    );
  }
  await until(() => heard.every((texts) => texts.length >= expected.length), 'what was said');
  // What comes twice comes before this.
  expected.push('the end');
  await people[0]?.ask('send_message', { roomId, message: 'the end' });
  await until(() => heard.every((texts) => texts.includes('the end')), 'the end');
  for (const texts of heard) t.same([...texts].sort(), [...expected].sort(), 'each once');
  for (const texts of heard) t.same(texts, heard[0], 'all in one order');
  for (const one of people)
    t.notOk(
      one.heard().some((event) => event.includes('connect')),
      'nobody was cut off',
    );
}

async function socketIo(t: Test, at: Balanced, options: object, which?: string): Promise<Person[]> {
  const roomId = `room-${rooms++}`;
  const people = await Promise.all(
    Array.from({ length: CLIENTS }, (_, index) => at.client(`user${index}`, options)),
  );
  await talk(t, people, roomId);
  if (which !== undefined) for (const { socket } of people) t.equal(socket.io.engine.transport.name, which);
  return people;
}

async function webSockets(t: Test, at: Balanced): Promise<void> {
  const roomId = `room-${rooms++}`;
  const people = await Promise.all(
    Array.from({ length: CLIENTS }, async (_, index) => {
      const headers = { authorization: `Bearer ${await tokenOf(`user${index}`)}` };
      const one = await connect(at.port, { headers });
      t.teardown(() => one.socket.terminate());
      t.match(await one.ask({ type: 'join', roomId, scene: true }), { type: 'ack' });
      return one;
    }),
  );
  for (const [index, one] of people.entries()) await one.ask({ type: 'message', text: `${index}` });
  for (const one of people)
    for (const index of people.keys())
      await one.next(({ type, text }) => type === 'message' && text === `${index}`);
}

async function streams(t: Test, at: Balanced): Promise<void> {
  const roomId = `room-${rooms++}`;
  const members = await Promise.all(
    ['ada', 'ben', 'cem'].map(async (userId) => {
      const headers = { authorization: `Bearer ${await tokenOf(userId)}` };
      const abort = new AbortController();
      const events = at.url(
        `/rooms/${roomId}/events?clientId=${userId}-tab&events=presence,selections,messages`,
      );
      const reader = new Reader(await fetch(events, { headers, signal: abort.signal }), abort);
      t.teardown(() => reader.close());
      await reader.next('sceneState');
      const post = async (what: string, body: object) => {
        const response = await fetch(at.url(`/rooms/${roomId}/${what}`), {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify({ clientId: `${userId}-tab`, ...body }),
        });
        return { status: response.status, ...((await response.json()) as object) };
      };
      return { userId, reader, post };
    }),
  );
  const [ada] = members as [(typeof members)[0]];
  for (const { post, userId } of members) {
    for (let count = 0; count < 4; count++)
      t.match(await post('messages', { text: `${userId} ${count}` }), { status: 200, ok: true });
    t.match(await post('selections', { planetId: userId }), { status: 200 });
  }
  for (const { reader } of members) await reader.next('message', ({ text }) => text === 'cem 3');
  for (const { reader } of members) t.equal(reader.named('message').length, 12, 'each once');
  const { users } = ada.reader.named('presence').at(-1)?.data ?? { users: [] };
  t.same(
    users.map(({ connections }: { connections: number }) => connections),
    [1, 1, 1],
    'stream and posts are one member, wherever the posts came',
  );
  for (const { post } of members.slice(1)) t.match(await post('leave', {}), { status: 200 });
  for (const { reader } of members.slice(1)) await reader.ended();
  await until(() => Object.keys(ada.reader.named('selections').at(-1)?.data.selected ?? {}).length === 1);
}

async function nativeStreams(t: Test, at: Balanced): Promise<void> {
  const token = await tokenOf('ada');
  const client = connectClient(at.url('/ws').replace('http', 'ws'), {
    getToken: () => token,
    transports: ['event-stream'],
  });
  t.teardown(() => client.close());
  const losses: unknown[] = [];
  client.on('lost', (error) => losses.push(error));
  const room = client.join(`room-${rooms++}`, { user: { name: 'Ada' } });
  for (let count = 0; count < 10; count++) await room.scene.add(`item${count}`, { count });
  t.equal(room.scene.items.size, 10);
  t.equal(losses.length, 0, 'all on one stream');
}

async function published(t: Test, at: Balanced): Promise<void> {
  const roomId = `room-${rooms++}`;
  const people = await Promise.all(
    ['ada', 'ben'].map((userId) => at.client(userId, { transports: ['polling'] })),
  );
  const heard = people.map(({ socket }) => {
    const counts: number[] = [];
    socket.on('saved', ({ count }: { count: number }) => counts.push(count));
    return counts;
  });
  for (const one of people) await one.ask('join_room', { roomId });
  const authorization = `Bearer ${await tokenOf('backend', { scope: 'publish' })}`;
  for (let count = 0; count < 10; count++) {
    const { status } = await fetch(at.url(`/api/rooms/${roomId}/events`), {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ event: 'saved', data: { count }, idempotencyKey: `save-${count}` }),
    });
    t.equal(status, 200);
  }
  await until(() => heard.every((counts) => counts.length >= 10));
  for (const counts of heard) t.same(counts, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
}

for (const which of balancers) {
  t.test(`through ${which}`, { skip: noRedis || noBalancer(which) }, async (t) => {
    const stage = await balancedStage(t);
    await sticky(t, stage, which);
    await inTurn(t, stage, which);
    await failing(t, stage, which);
  });
}

async function inTurn(t: Test, stage: BalancedStage, which: Balancer): Promise<void> {
  const round = `in turn: `;
  await t.test(`${round}WebSockets`, async (t) => webSockets(t, await stage.before(t, which)));
  await t.test(`[ND6] ${round}Socket.IO as its clients come, polling first`, async (t) => {
    const at = await stage.before(t, which);
    const people = await socketIo(t, at, {});
    const transports = new Set(people.map(({ socket }) => socket.io.engine.transport.name));
    t.comment(`at last: ${[...transports].join(', ')}`);
  });
  await t.test(`[ND5] ${round}Socket.IO over long-polling alone`, async (t) => {
    const before = await stage.passed();
    await socketIo(t, await stage.before(t, which), { transports: ['polling'] }, 'polling');
    t.ok((await stage.passed()) > before, 'requests came to the other node');
  });
  await t.test(`[ND5] ${round}event streams and their posts`, async (t) => {
    const before = await stage.passed();
    await streams(t, await stage.before(t, which));
    t.ok((await stage.passed()) > before, 'posts came to the other node');
  });
  await t.test(`[ND5] ${round}the native protocol over event streams`, async (t) => {
    const before = await stage.passed();
    await nativeStreams(t, await stage.before(t, which));
    t.ok((await stage.passed()) > before, 'posts came to the other node');
  });
  await t.test(`[ND5] ${round}the client in Python`, { skip: noPython }, async (t) => {
    const at = await stage.before(t, which);
    const roomId = 'blueprint-123';
    const other = await at.client('ada');
    await other.ask('join_room', { roomId });
    const child = spawn(PYTHON, [program, at.url(), await tokenOf('py'), 'polling'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    t.teardown(() => child.kill());
    const ended = once(child, 'close');
    t.match(await other.next('message'), { userId: 'py', message: 'from Python' });
    other.emit('send_message', { roomId, message: 'from JavaScript' });
    t.same(await ended, [0, null]);
  });
  await t.test(`${round}what backends publish`, async (t) => published(t, await stage.before(t, which)));
}

async function sticky(t: Test, stage: BalancedStage, which: Balancer): Promise<void> {
  await t.test(`sticky: nothing is asked of the other node`, async (t) => {
    const at = await stage.before(t, which, true);
    // The cookie of HAProxy, where that is what it goes by.
    const options = { withCredentials: true };
    await webSockets(t, at);
    await socketIo(t, at, options, 'websocket');
    await socketIo(t, at, { ...options, transports: ['polling'] }, 'polling');
    t.equal(await stage.passed(), 0);
  });
}

async function failing(t: Test, stage: BalancedStage, which: Balancer): Promise<void> {
  await t.test('[ND8] who has gone at the balancer has gone at the node', async (t) => {
    const at = await stage.before(t, which);
    const there = await at.client('there');
    const roomId = `room-${rooms++}`;
    await there.ask('join_room', { roomId });
    for (let count = 0; count < 4; count++) {
      const gone = new Poller(at.port);
      await gone.open(await tokenOf(`gone${count}`));
      await gone.emit('join_room', { roomId });
      await there.next('user_joined');
      await until(() => gone.events.some(([name]) => name === 'room_joined'));
      await stage.quiet();
      gone.end();
    }
    // Otherwise it would be noticed after a ping, 25 s later.
    for (let count = 0; count < 4; count++) await there.next('user_left');
  });
  await t.test('[ND7] while Redis is away nobody is cut off who can wait', async (t) => {
    const at = await stage.before(t, which);
    const people = await Promise.all(
      [0, 1, 2, 3].map((index) => at.client(`user${index}`, { transports: ['polling'] })),
    );
    const ids = people.map(({ socket }) => socket.id);
    await stage.quiet();
    await stage.redis.crash();
    await until(async () =>
      (await Promise.all(stage.nodes.map((one) => one.ready()))).every((is) => is === 503),
    );
    await stage.redis.start();
    await until(async () =>
      (await Promise.all(stage.nodes.map((one) => one.ready()))).every((is) => is === 200),
    );
    await talk(t, people, `room-${rooms++}`);
    t.same(
      people.map(({ socket }) => socket.id),
      ids,
    );
  });
  await t.test('[ND8] when a node is killed its clients come back at the other', async (t) => {
    const at = await stage.before(t, which);
    const roomId = `room-${rooms++}`;
    const ways = [
      { transports: ['polling'] },
      { transports: ['polling'] },
      {},
      {},
      { transports: ['websocket'] },
    ];
    const people = await Promise.all(ways.map((way, index) => at.client(`user${index}`, way)));
    for (const one of people) await one.ask('join_room', { roomId });
    const [killed, left] = stage.nodes;
    await killed.kill();
    await until(async () => {
      const answers = await Promise.all(
        people.map(({ socket }) =>
          socket
            .timeout(1000)
            .emitWithAck('join_room', { roomId })
            .catch(() => false),
        ),
      );
      return answers.every((answer) => answer !== false);
    });
    for (const one of people) while (one.heard().includes('connect')) await one.next('connect');
    for (const one of people) while (one.heard().includes('disconnect')) await one.next('disconnect');
    for (const one of people) while (one.heard().includes('connect_error')) await one.next('connect_error');
    await talk(t, people, roomId);
    t.equal(await left.ready(), 200);
  });
}
