import t from 'tap';
import { createMemoryLog } from '../../server/log/memory.ts';
import { startWired } from '../support/servers.ts';
import type { Message } from '../support/wire.ts';
import { Chronicle } from './chronicle.ts';
import { createFaultyLog } from './faulty-log.ts';
import { createRandom } from './random.ts';

const user = { userId: 'ada' };
const join = (ref: string, more: object = {}) => ({ type: 'join', roomId: 'r', user, ref, ...more });
const answers = (messages: Message[]) =>
  messages.filter((one) => one.ref !== undefined).map((one) => `${one.type} ${one.op ?? ''} ${one.ref}`);

/** A room in the middle of a tick, so that what comes now waits for the next flush. */
async function busyRoom() {
  const server = await startWired({ TICK_MS: '100' });
  const other = server.connect();
  other.send({ type: 'join', roomId: 'r', user: { userId: 'bob' } });
  await server.settle();
  other.send({ type: 'message', roomId: 'r', text: 'a tick begins' });
  await server.settle();
  other.take();
  return { server, other, client: server.connect() };
}

t.test('[NP4] [NP8] two joins in one tick are both answered, and what stands between them', async (t) => {
  const { server, client } = await busyRoom();
  client.send(join('1'));
  client.send({ type: 'message', roomId: 'r', text: 'between', ref: '2' });
  await server.settle();
  client.send(join('3', { scene: true }));
  await server.pass(500);
  const expected = ['ack join 1', 'ack message 2', 'ack join 3'];
  t.strictSame(answers(client.take()), expected, 'in order');
  await server.server.close();
});

t.test('[NP4] [NP8] a join and a leave in one tick are both answered', async (t) => {
  const { server, client } = await busyRoom();
  client.send(join('1'));
  client.send({ type: 'leave', roomId: 'r', ref: '2' });
  await server.pass(500);
  t.strictSame(answers(client.take()), ['ack join 1', 'ack leave 2'], 'in order');
  await server.server.close();
});

const places = (messages: Message[]) =>
  messages
    .filter((one) => one.op === 'join')
    .map(({ ref, version, offset, epoch }) => [ref, version, offset, epoch]);

// A client would come back with the place, and miss what it never had.
t.test('[RM7] a join that is over before it is served names no place', async (t) => {
  const { server, client } = await busyRoom();
  client.send(join('1'));
  client.send({ type: 'leave', roomId: 'r', ref: '2' });
  await server.pass(500);
  const messages = client.take();
  t.notOk(messages.some((one) => one.type === 'sceneState'));
  t.strictSame(places(messages), [['1', undefined, undefined, undefined]]);
  await server.server.close();
});

t.test('[RM7] of two joins in one tick the one that is served names the place', async (t) => {
  const { server, client } = await busyRoom();
  client.send(join('1'));
  await server.settle();
  client.send(join('2'));
  await server.pass(500);
  const messages = client.take();
  const { version, offset, epoch } = messages.find((one) => one.type === 'sceneState') as Message;
  t.strictSame(places(messages), [
    ['1', undefined, undefined, undefined],
    ['2', version, offset, epoch],
  ]);
  await server.server.close();
});

t.test('[NP8] a leave and a join in one batch are answered in their order', async (t) => {
  const { server, client } = await busyRoom();
  client.send(join('1'));
  await server.pass(500);
  client.send({ type: 'leave', roomId: 'r', ref: '2' });
  client.send(join('3'));
  await server.pass(500);
  t.strictSame(answers(client.take()), ['ack join 1', 'ack leave 2', 'ack join 3']);
  await server.server.close();
});

t.test('[RS4] a requestSync in front of a leave is answered', async (t) => {
  const { server, client } = await busyRoom();
  client.send(join('1'));
  await server.pass(500);
  client.send({ type: 'requestSync', roomId: 'r', ref: '2' });
  client.send({ type: 'requestSync', roomId: 'r', ref: '3' });
  client.send({ type: 'leave', roomId: 'r', ref: '4' });
  await server.pass(500);
  const refs = client.take().flatMap((one) => (one.ref === undefined ? [] : [one.ref]));
  t.strictSame(refs.sort(), ['1', '2', '3', '4'], 'all of them');
  await server.server.close();
});

t.test('[RM2] [RS4] a requestSync between a join and a leave is answered between them', async (t) => {
  const { server, client } = await busyRoom();
  client.send(join('1'));
  client.send({ type: 'requestSync', roomId: 'r', ref: '2' });
  client.send({ type: 'leave', roomId: 'r', ref: '3' });
  await server.pass(500);
  t.strictSame(answers(client.take()), ['ack join 1', 'syncResponse  2', 'ack leave 3']);
  await server.server.close();
});

t.test('[SC2] [RS2] a requestSync behind a join does not flush a batch that is taken in half', async (t) => {
  const slow = { ...createRandom(1), below: () => 5 };
  const log = createFaultyLog(createMemoryLog(), new Chronicle(), slow, 5);
  const server = await startWired({}, { log });
  const [first, second] = [server.connect(), server.connect()];
  // All of this is one batch, as the room is still being opened.
  first.send({ type: 'join', roomId: 'r', user: { userId: 'bob' }, ref: '1', scene: true });
  first.send({ type: 'requestSync', roomId: 'r', version: 0, ref: '2' });
  second.send(join('3'));
  second.send({ type: 'message', roomId: 'r', text: 'once', ref: '4' });
  second.send({
    type: 'sceneOperation',
    roomId: 'r',
    operation: { type: 'add', target: 'item', id: 'a', data: {} },
  });
  await server.pass(500);
  const messages = first.take();
  const at = messages.findIndex((one) => one.type === 'sceneState');
  const { offset, version } = messages[at] as Message;
  const again = messages
    .slice(at)
    .filter((one) => (one.type === 'message' ? one.offset <= offset : one.fromVersion < version))
    .filter((one) => one.type !== 'syncResponse');
  t.strictSame(again, [], 'what the state has does not come again');
  await server.server.close();
});

t.test('[ER1] [PR2] a second join that is refused does not undo the first', async (t) => {
  const slow = { ...createRandom(1), below: () => 5 };
  const log = createFaultyLog(createMemoryLog(), new Chronicle(), slow, 5);
  const server = await startWired({}, { log });
  const [other, client] = [server.connect(), server.connect()];
  other.send({ type: 'join', roomId: 'r', user: { userId: 'bob' } });
  await server.pass(100);
  client.send(join('1'));
  client.send(join('2'));
  // The first join is being stored; the second waits for it.
  for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
  log.fail(true);
  await server.pass(100);
  log.fail(false);
  t.strictSame(answers(client.take()).slice().sort(), ['ack join 1', 'error join 2']);
  client.send({ type: 'message', roomId: 'r', text: 'still there', ref: '3' });
  await server.pass(1000);
  t.strictSame(answers(client.take()), ['ack message 3'], 'it is in the room');
  client.close();
  await server.pass(1000);
  const presence = other.take().filter((one) => one.type === 'presence');
  t.strictSame(
    presence.at(-1)?.users.map((one: Message) => one.userId),
    ['bob'],
    'no ghost',
  );
  await server.server.close();
});

t.test('[SR2] answers that wait behind a join of one that lags are bounded, too', async (t) => {
  const limits = { MAX_MESSAGE_BYTES: '4096', MAX_BUFFERED_BYTES: '4096', MAX_HELD_REPLY_BYTES: '1000' };
  const rates = { RATE_LIMIT: '100000/1s', STREAM_LIMIT: '100000/1s' };
  const server = await startWired({ ...limits, ...rates });
  const client = server.connect();
  client.send(join('1'));
  await server.pass(100);
  client.stall();
  for (let n = 0; n < 8; n++) client.send({ type: 'message', roomId: 'r', text: 'x'.repeat(1500) });
  await server.pass(100);
  client.send(join('2'));
  await server.pass(100);
  for (let n = 0; n < 200; n++) client.send({ type: 'select', roomId: 'r', planetId: 'sun', ref: `s${n}` });
  await server.pass(100);
  t.equal(client.closedWith?.code, 4001, 'SLOW_CONSUMER');
  await server.server.close();
});

t.test(
  '[SR3] [RS4] the answer to a requestSync does not overtake what was lost in the same flush',
  async (t) => {
    const server = await startWired({
      MAX_MESSAGE_BYTES: '4096',
      MAX_BUFFERED_BYTES: '4096',
      TICK_MS: '100',
    });
    const [other, client] = [server.connect(), server.connect()];
    other.send({ type: 'join', roomId: 'r', user: { userId: 'bob' } });
    client.send(join('1'));
    await server.pass(500);
    other.send({ type: 'message', roomId: 'r', text: 'a tick begins' });
    await server.settle();
    client.take();
    client.stall();
    for (let n = 0; n < 6; n++) other.send({ type: 'message', roomId: 'r', text: 'x'.repeat(1500) });
    client.send({ type: 'requestSync', roomId: 'r', ref: '2' });
    await server.pass(500);
    client.read();
    await server.pass(500);
    const kinds = client.take().map((one) => one.type);
    const before = kinds.slice(0, kinds.indexOf('syncResponse'));
    t.equal(before.filter((one) => one === 'message').length, 6, 'all of it came before');
    await server.server.close();
  },
);

t.test(
  '[SR3] [RS2] what a room is served with in the turn of a loss in another does not come again',
  async (t) => {
    const server = await startWired({
      MAX_MESSAGE_BYTES: '4096',
      MAX_BUFFERED_BYTES: '4096',
      TICK_MS: '100',
    });
    const [other, client] = [server.connect(), server.connect()];
    const say = (roomId: string, text: string) => other.send({ type: 'message', roomId, text });
    for (const roomId of ['r', 's']) {
      other.send({ type: 'join', roomId, user: { userId: 'bob' } });
      client.send({ ...join(`1 ${roomId}`), roomId });
    }
    await server.pass(500);
    client.send({ type: 'leave', roomId: 's' });
    const { epoch, version, offset } = client.take().find((one) => one.ref === '1 s') as Message;
    await server.pass(500);
    for (const roomId of ['r', 's']) say(roomId, 'a tick begins');
    await server.settle();
    client.stall();
    for (let n = 0; n < 6; n++) say('r', 'x'.repeat(1500));
    say('s', 'once');
    client.send({ ...join('2', { since: { epoch, version, offset } }), roomId: 's' });
    await server.pass(500);
    client.read();
    await server.pass(500);
    const heard = client.take().filter((one) => one.type === 'message' && one.roomId === 's');
    t.strictSame(
      heard.map((one) => one.text),
      ['a tick begins', 'once'],
    );
    await server.server.close();
  },
);
