import t, { type Test } from 'tap';
import { readConfig } from '../../server/config.ts';
import { openLmdbLog } from '../../server/log/lmdb.ts';
import { createServer } from '../../server/server.ts';
import { connect, type TestClient } from '../support/client.ts';
import { silent, TEST_SECRET } from '../support/servers.ts';
import type { Message } from '../support/wire.ts';
import { failingLog } from './failing-log.ts';

const ROOM = 'room';
const names = ({ users }: Message) => users.map((one: Message) => one.userId).sort();

/** A server on LMDB whose log can be made to refuse everything. */
async function start(t: Test, TRANSPORT: string) {
  const directory = t.testdir();
  const log = failingLog(await openLmdbLog({ directory }));
  const config = readConfig({
    WS_PORT: '0',
    HOST: '127.0.0.1',
    JWT_SECRET: TEST_SECRET,
    AUTH: 'optional',
    TRANSPORT,
  });
  const server = await createServer({ config, logger: silent, log });
  t.teardown(() => server.close());
  return { log, port: server.port };
}

async function enter(port: number, userId: string): Promise<TestClient> {
  const client = await connect(port);
  await client.ask({ type: 'join', roomId: ROOM, user: { userId }, scene: true });
  return client;
}

const add = (id: string): Message => ({
  type: 'sceneOperation',
  opId: id,
  operation: { type: 'add', target: 'item', id, data: {} },
});

for (const transport of ['uws', 'ws']) {
  t.test(`[ER5] while the log refuses ordered commands are refused, on ${transport}`, async (t) => {
    const { log, port } = await start(t, transport);
    const ada = await enter(port, 'ada');
    const bob = await enter(port, 'bob');
    t.match(await ada.ask(add('a')), { type: 'ack' });
    const ready = () => fetch(`http://127.0.0.1:${port}/ready`).then(({ status }) => status);
    t.equal(await ready(), 200);
    log.full = true;
    t.equal(await ready(), 503, '/ready says 503');
    const commands: Message[] = [
      add('b'),
      { type: 'message', text: 'hello', opId: 'm' },
      { type: 'operation', documentId: 'doc', operation: ['x'], version: 0, opId: 't' },
      { type: 'select', planetId: 'thing' },
      { type: 'unselect', planetId: 'thing' },
      { type: 'join_viewer', planetId: 'thing' },
      { type: 'leave_viewer', planetId: 'thing' },
    ];
    for (const command of commands) {
      const { type: op, opId } = command;
      const error = { type: 'error', op, ok: false, code: 'LOG_UNAVAILABLE', roomId: ROOM };
      t.match(await ada.ask(command), opId === undefined ? error : { ...error, opId }, `${op} is refused`);
    }
    t.match(await ada.ask({ type: 'heartbeat' }), { type: 'ack' }, 'heartbeats are answered');
    const from = bob.messages.length;
    ada.send({ type: 'cursor', position: [1, 2] });
    t.match(await bob.next((one) => one.type === 'cursor', from), { userId: 'ada' }, 'signals flow');
    const { version, manifest, documents, messages } = await bob.ask({ type: 'requestSync' });
    t.same(
      { version, documents, messages },
      { version: 1, documents: {}, messages: [] },
      '[ER1] nothing is changed',
    );
    t.same(Object.keys(manifest.items), ['a']);
    log.full = false;
    t.equal(await ready(), 200);
    for (const command of commands) {
      t.match(await ada.ask(command), { type: 'ack', op: command.type }, `${command.type} is accepted again`);
    }
    const after = await bob.ask({ type: 'requestSync' });
    t.match(after, {
      version: 2,
      documents: { doc: { version: 1, text: 'x' } },
      messages: [{ text: 'hello' }],
    });
    t.match(
      await ada.ask(add('b')),
      { type: 'ack', version: 2 },
      '[XO1] a refusal is not remembered, the ack is',
    );
    for (const one of [ada, bob]) await one.close();
  });

  t.test(`[ER5] what ends while the log refuses waits, and takes effect then, on ${transport}`, async (t) => {
    const { log, port } = await start(t, transport);
    const ada = await enter(port, 'ada');
    const gone = await enter(port, 'gone');
    const leaving = await enter(port, 'leaving');
    await gone.ask({ type: 'select', planetId: 'thing' });
    await ada.next((one) => one.type === 'selection_state' && one.selected.thing !== undefined);
    log.full = true;
    const from = ada.messages.length;
    await gone.close();
    const left = leaving.ask({ type: 'leave' });
    const late = await connect(port);
    const join = { type: 'join', roomId: ROOM, user: { userId: 'late' } };
    t.match(await late.ask(join), { type: 'error', op: 'join', code: 'LOG_UNAVAILABLE' }, 'nobody comes in');
    t.match(await late.ask({ type: 'message', roomId: ROOM, text: 'x' }), { code: 'NOT_JOINED' });
    t.match(await ada.ask(add('a')), { code: 'LOG_UNAVAILABLE' }, 'what waits lets nothing pass');
    await ada.sync();
    t.notOk(
      ada.messages.slice(from).some((one) => one.type === 'presence'),
      'who has gone is still shown',
    );

    log.full = false;
    await ada.next((one) => one.type === 'presence' && `${names(one)}` === 'ada', from);
    t.match(await left, { type: 'ack', op: 'leave' }, 'the leave is acknowledged when it is durable');
    await ada.next((one) => one.type === 'selection_state' && one.selected.thing === undefined, from);
    t.pass('and with its member the lock is gone');
    t.match(await late.ask(join), { type: 'ack', op: 'join' });
    t.match(await ada.ask(add('a')), { type: 'ack' });
    for (const one of [ada, late, leaving]) await one.close();
  });

  t.test(`[ER5] a room that is not open cannot be opened then, and later can, on ${transport}`, async (t) => {
    const { log, port } = await start(t, transport);
    log.full = true;
    const ada = await connect(port);
    const join = { type: 'join', roomId: ROOM, user: { userId: 'ada' } };
    t.match(await ada.ask(join), { type: 'error', op: 'join', code: 'LOG_UNAVAILABLE', roomId: ROOM });
    log.full = false;
    t.match(await ada.ask(join), { type: 'ack', op: 'join' }, 'the same connection joins');
    t.match(await ada.ask(add('a')), { type: 'ack', version: 1 });
    await ada.close();
  });
}
