import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import t from 'tap';
import { source } from '../support/program.ts';
import { durable, onEach, tokenOf } from './stage.ts';

const PYTHON = '/usr/bin/python3';
const program = (name: string) => source(`test/socket-io/${name}.py`);

t.setTimeout(550_000);

/** Why the client cannot run here; undefined: it can. */
function missing(): string | undefined {
  try {
    execFileSync(PYTHON, ['-c', 'import socketio, requests, websocket'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return `${PYTHON} has no socketio: install python3-socketio, python3-requests and python3-websocket`;
  }
}

const reason = missing();

if (reason !== undefined && process.env.CI !== undefined) t.fail(reason);
else if (reason !== undefined) t.test('the client in Python', { skip: reason }, async () => {});
else {
  onEach(
    t,
    'the client in Python connects with a token, joins, talks, is answered and leaves',
    async (t, start) => {
      const at = await start({ AUTH: 'required' });
      const other = await at.client({ as: 'ada' });
      const roomId = 'blueprint-123';
      await other.ask('join_room', { roomId });
      const [transport = ''] = at.transports;
      const child = spawn(PYTHON, [program('python-client'), at.url(''), await tokenOf('py'), transport], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      t.teardown(() => child.kill());
      const ended = once(child, 'close');
      const steps = new Map<string, unknown>();
      createInterface({ input: child.stdout }).on('line', (line) => {
        const { step, value } = JSON.parse(line);
        steps.set(step, value);
      });
      t.match(await other.next('user_joined'), { userId: 'py', userName: 'PY' });
      t.match(await other.next('message'), { userId: 'py', message: 'from Python' });
      other.emit('send_message', { roomId, message: 'from JavaScript' });
      await ended;
      t.match(await other.next('user_left'), { userId: 'py' });
      t.equal(child.exitCode, 0);
      t.match(Object.fromEntries(steps), {
        refused: true,
        transport,
        joined: { roomId, users: [{ userId: 'ada' }, { userId: 'py' }] },
        ack: { ok: true },
        own: { message: 'from Python' },
        others: { message: 'from JavaScript', userName: 'ADA' },
        refusal: { ok: false, code: 'NOT_JOINED' },
        burst: Array.from({ length: 20 }, (_, count) => `m${count}`),
        disconnected: null,
      });
    },
    ['websocket only', 'polling only'],
  );

  onEach(
    t,
    '[SO5] the client in Python comes back by itself after a restart of the server',
    async (t, start) => {
      const at = await start(await durable(t));
      const args = [program('python-returning'), at.url(''), await tokenOf('py'), at.transports.join(',')];
      const child = spawn(PYTHON, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      t.teardown(() => child.kill());
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const said = async () => (await lines.next()).value;
      t.same([await said(), await said()], ['connected', at.transports.at(-1)]);
      await at.restart();
      t.same([await said(), await said()], ['disconnected', 'connected']);
    },
  );
}
