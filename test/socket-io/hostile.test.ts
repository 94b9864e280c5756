import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import t from 'tap';
import { bystander, letIn, rawSocket } from './raw.ts';
import { onEach } from './stage.ts';

t.setTimeout(550_000);

const faults: unknown[] = [];
process.on('unhandledRejection', (reason) => faults.push(reason));

const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;

/** What means nothing: the session is over at once. */
const violations: readonly (readonly (string | Uint8Array)[])[] = [
  ['49'],
  ['4'],
  ['4x'],
  ['7'],
  ['hello'],
  [''],
  ['0{}'],
  ['2'],
  ['42'],
  ['42{}'],
  ['42[]'],
  ['42[{}]'],
  ['42["a"'],
  ['42["a"]x'],
  ['42["connect"]'],
  ['42["disconnect"]'],
  ['42/constructor,["a"]'],
  ['42/__proto__,["a"]'],
  ['42/scenes,["joinScene"]'],
  ['41x'],
  ['43[1]'],
  ['44{"message":"x"}'],
  ['4299999999999999999999["a"]'],
  ['45["a"]'],
  ['450-["a"]'],
  ['45-["a"]'],
  ['45999999999-["a"]'],
  ['451-["a"]'],
  ['451-["a",{"_placeholder":true,"num":7}]'],
  ['451-["a",{"_placeholder":true,"num":-1}]'],
  ['451-["a",{"_placeholder":true,"num":"0"}]'],
  ['452-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]'],
  ['451-["a",{"_placeholder":true,"num":0}]', '42["b"]'],
  [Uint8Array.of(1, 2, 3)],
  ['b###'],
];

onEach(
  t,
  '[SO6] a packet that means nothing ends that session at once, and no other',
  async (t, start) => {
    const at = await start();
    const undisturbed = await bystander(t, at);
    for (const packets of violations) {
      const raw = await letIn(t, at);
      for (const packet of packets) raw.send(packet);
      await raw.closed;
    }
    t.pass(`${violations.length} were closed`);
    await undisturbed();
  },
  ['websocket only'],
);

onEach(
  t,
  '[SO6] whoever speaks before being let in is closed; a second CONNECT is no harm',
  async (t, start) => {
    const at = await start();
    const undisturbed = await bystander(t, at);
    for (const packet of ['42["join_room",{"roomId":"r"}]', '41', '43[1]']) {
      const raw = await rawSocket(t, at);
      raw.send(packet);
      await raw.closed;
    }
    const raw = await letIn(t, at);
    raw.send('40');
    raw.send('40/__proto__,');
    raw.send('40/constructor,{"token":"x"}');
    raw.send('420["join_room",{"roomId":"r"}]');
    const got = await raw.until((packet) => packet.startsWith('430'));
    t.same(
      got.filter((packet) => packet.startsWith('44')),
      ['44/__proto__,{"message":"Invalid namespace"}', '44/constructor,{"message":"Invalid namespace"}'],
    );
    t.equal(got.filter((packet) => packet.startsWith('40{')).length, 1);
    await undisturbed();
  },
  ['websocket only'],
);

onEach(
  t,
  'what can be read and must not be is answered by an error, and the session goes on',
  async (t, start) => {
    const at = await start();
    const undisturbed = await bystander(t, at);
    const raw = await letIn(t, at);
    const cases: [string, string][] = [
      [`["join_room",${deep}]`, 'TOO_DEEP'],
      ['["__proto__"]', 'UNKNOWN_TYPE'],
      ['["constructor",{}]', 'UNKNOWN_TYPE'],
      ['["toString",{}]', 'UNKNOWN_TYPE'],
      ['[7]', 'UNKNOWN_TYPE'],
      ['["join_room",{"__proto__":{"a":1}}]', 'FORBIDDEN_KEY'],
      ['["join_room",{"roomId":{"constructor":1}}]', 'FORBIDDEN_KEY'],
      ['["cursor_move",{"roomId":"r","position":{"x":1e999}}]', 'INVALID_FIELD'],
      ['["join_room",[]]', 'INVALID_FIELD'],
      ['["join_room",{"roomId":"a\\u0000b"}]', 'INVALID_FIELD'],
      [`["send_message",{"roomId":"r","message":"${'x'.repeat(70_000)}"}]`, 'MESSAGE_TOO_LARGE'],
      // It is not even read.
      [`["send_message",${'{'.repeat(70_000)}`, 'MESSAGE_TOO_LARGE'],
    ];
    for (const [index, [json, code]] of cases.entries()) {
      const id = 100 + index;
      raw.send(`42${id}${json}`);
      const got = await raw.until((packet) => packet.startsWith(`43${id}`));
      t.match(got.at(-1), `"code":"${code}"`, json.slice(0, 60));
    }
    t.equal(({} as { a?: number }).a, undefined);
    await undisturbed();
  },
  ['websocket only'],
);

onEach(
  t,
  '[SO6] frames and bodies that are too large, cut off or no text end that session only',
  async (t, start) => {
    const at = await start();
    const undisturbed = await bystander(t, at);
    const large = await letIn(t, at);
    large.send(`42["a","${'x'.repeat(2 * 1024 * 1024)}"]`);
    await large.closed;

    const engine = `${at.url('')}/socket.io/?EIO=4&transport=polling`;
    const open = async () => {
      const { sid } = JSON.parse((await (await fetch(engine)).text()).slice(1));
      return `${engine}&sid=${sid}`;
    };
    const bodies: [string, string | Uint8Array, number][] = [
      ['too large', 'x'.repeat(2 * 1024 * 1024), 413],
      ['no UTF-8', Uint8Array.of(0x34, 0xff, 0xfe), 400],
      ['too many packets', '2\u001e'.repeat(20_000), 400],
      ['no packet', 'x', 400],
      ['nothing', '', 400],
      ['bad base64', 'b#', 400],
    ];
    for (const [what, body, status] of bodies) {
      const session = await open();
      t.equal((await fetch(session, { method: 'POST', body })).status, status, what);
      const after = await fetch(session);
      t.match(await after.text(), /Session ID unknown|^1$/, `${what}: that session is over`);
    }
    for (const sid of ['constructor', '__proto__', 'x'.repeat(10_000)]) {
      t.equal((await fetch(`${engine}&sid=${sid}`)).status, 400, sid.slice(0, 20));
    }
    await undisturbed();
  },
  ['polling only'],
);

onEach(
  t,
  'requests that break off in the middle leave nothing behind',
  async (t, start) => {
    const at = await start();
    const undisturbed = await bystander(t, at);
    const { port } = at.server;
    const engine = '/socket.io/?EIO=4&transport=polling';
    const sessions = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const text = await (await fetch(`${at.url('')}${engine}`)).text();
        return JSON.parse(text.slice(1)).sid as string;
      }),
    );
    const head = 'HTTP/1.1\r\nHost: x\r\n';
    const post = `${head}Content-Length: 1000\r\n\r\n4`;
    for (const [index, sid] of sessions.entries()) {
      const socket = connectTcp(port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      const path = `${engine}&sid=${sid}`;
      socket.write(index % 2 === 0 ? `GET ${path} ${head}\r\n` : `POST ${path} ${post}`);
      // Until it is read: a request on a connection made later is answered after it.
      await (await fetch(`${at.url('')}/health`)).text();
      socket.resetAndDestroy();
    }
    for (const half of ['GET /socket.io/?EIO', `POST ${engine} ${head}`, 'GET / HTTP/9\r\n\r\n']) {
      const socket = connectTcp(port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write(half);
      socket.destroy();
    }
    for (const sid of sessions) {
      // A poll on a session whose request broke off finds nothing; it may take a moment to be noticed.
      let text = '';
      do text = await (await fetch(`${at.url('')}${engine}&sid=${sid}`)).text();
      while (!/Session ID unknown|^1$/.test(text));
    }
    t.pass('all of them are gone');
    await undisturbed();
  },
  ['polling only'],
);

onEach(
  t,
  'attachments that never come are bounded, and who promises them is alone with it',
  async (t, start) => {
    const at = await start();
    const undisturbed = await bystander(t, at);
    const raw = await letIn(t, at);
    const places = Array.from({ length: 10 }, (_, num) => ({ _placeholder: true, num }));
    raw.send(`4510-["a",${places.map((one) => JSON.stringify(one)).join(',')}]`);
    // The bound of one frame, of all of them together.
    for (let count = 0; count < 3; count++) raw.send(Buffer.alloc(400_000));
    await raw.closed;
    await undisturbed();
    const left = await letIn(t, at);
    left.send('41');
    left.send('42["join_room",{"roomId":"r"}]');
    await left.closed;
    await undisturbed();
  },
  ['websocket only'],
);

onEach(
  t,
  '[SO6] who leaves all namespaces is closed after CONNECT_TIMEOUT_MS',
  async (t, start) => {
    const at = await start({ CONNECT_TIMEOUT_MS: '2000' });
    const raw = await letIn(t, at);
    raw.send('41');
    await raw.closed;
    t.pass('closed');
  },
  ['websocket only'],
);

t.test('nothing of all that was left unhandled', async (t) => {
  t.same(faults, []);
});
