import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as passed } from 'node:timers/promises';
import t from 'tap';
import { plain } from '../e2e/plain-process.ts';
import { token } from '../native/person.ts';
import { program } from '../support/program.ts';
import { startServer, TEST_SECRET, withoutIPv6 } from '../support/servers.ts';
import { double } from './double.ts';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const bench = (port: number, ...args: string[]) => benchAt(`ws://127.0.0.1:${port}`, ...args);

function benchAt(url: string, ...args: string[]): Promise<Outcome> {
  const shape = ['--rooms', '2', '--users', '3', '--hz', '10', '--seconds', '1'];
  const [command, ...rest] = plain([process.execPath, ...program, 'bench', '--url', url, ...shape, ...args]);
  return new Promise((resolve) => {
    execFile(command, rest, { env: { PATH: process.env.PATH } }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

for (const dialect of ['native', 'native-single', 'socketio']) {
  t.test(`tandem bench lets people move in somebody’s server (${dialect})`, async (t) => {
    const server = await startServer({ AUTH: 'required' });
    t.teardown(() => server.close());
    const { code, stdout, stderr } = await bench(server.port, '--dialect', dialect, '--secret', TEST_SECRET);
    t.equal(stderr, '');
    t.equal(code, 0);
    t.match(stdout, /6 are in 2 rooms/);
    t.match(stdout, /[1-9]\d* sent, [1-9]\d* delivered; p50 .* 0 connections lost/);
    t.same(await server.rooms(), { rooms: [] }, 'and has them leave: nobody keeps a place that others lack');
  });
}

for (const dialect of ['native', 'native-single', 'socketio']) {
  t.test(`with one token all are its user, on many connections (${dialect})`, async (t) => {
    const server = await startServer({ AUTH: 'required' });
    t.teardown(() => server.close());
    const ada = await token({ sub: 'ada' });
    const { code, stdout, stderr } = await bench(server.port, '--dialect', dialect, '--token', ada);
    t.match({ code, stderr }, { code: 0, stderr: '' });
    t.match(stdout, /6 are in 2 rooms/);
    t.match(stdout, /[1-9]\d* sent, [1-9]\d* delivered; p50 .* 0 connections lost/);
  });

  t.test(`who finds no room is not counted among those in it (${dialect})`, async (t) => {
    const server = await startServer({ MAX_ROOM_USERS: '2' });
    t.teardown(() => server.close());
    const { code, stdout, stderr } = await bench(server.port, '--dialect', dialect);
    t.equal(code, 2);
    t.match(stderr, /was not let in: .*ROOM_FULL/);
    t.equal(stdout, '');
  });
}

t.test('on Ctrl-C, too, they leave', async (t) => {
  const server = await startServer({ AUTH: 'optional' });
  t.teardown(() => server.close());
  const url = `ws://127.0.0.1:${server.port}`;
  const [command, ...args] = plain([process.execPath, ...program, 'bench', '--url', url]);
  const child = spawn(command, args, { env: { PATH: process.env.PATH } });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  t.equal((await server.rooms()).rooms[0]?.members, 10);
  child.kill('SIGINT');
  t.same(await once(child, 'exit'), [130, null]);
  t.same(await server.rooms(), { rooms: [] });
});

t.test('so they do where npm hands on the Ctrl-C that was heard already', async (t) => {
  // It does not hear their goodbye, so that they are still about to leave.
  let deaf = 0;
  let allDeaf = () => {};
  const until = new Promise<void>((resolve) => {
    allDeaf = resolve;
  });
  const port = await double(t, (socket) => {
    if (!socket.isPaused) deaf += 1;
    socket.pause();
    if (deaf === 10) allDeaf();
  });
  const url = `ws://127.0.0.1:${port}`;
  const shape = ['bench', '--url', url, '--dialect', 'native-single'];
  const [command, ...args] = plain([process.execPath, ...program, ...shape]);
  const child = spawn(command, args, { env: { PATH: process.env.PATH } });
  t.teardown(() => child.kill('SIGKILL'));
  await until;
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  await passed(100);
  child.kill('SIGINT');
  t.same(await ended, [130, null]);
});

t.test(
  'what is not there is no success: neither lost connections, nor what was written to them',
  async (t) => {
    const port = await double(t, (socket) => socket.close(4000));
    const { code, stdout } = await bench(port, '--dialect', 'native-single', '--seconds', '2');
    t.match(stdout, /\n0 sent, 0 delivered; p50 –, p95 –, p99 –, at most –; 6 connections lost/);
    t.equal(code, 1);
  },
);

t.test('a secret that is empty, such as a variable that is not set, is named in one line', async (t) => {
  const { code, stderr } = await benchAt('ws://127.0.0.1:1', '--secret', '');
  t.equal(code, 1);
  t.match(stderr, /^error: option '--secret <secret>' .*empty.*\n$/);
});

for (const dialect of ['native', 'socketio']) {
  t.test(`the address may be one of IPv6 (${dialect})`, { skip: withoutIPv6 }, async (t) => {
    const server = await startServer({ HOST: '::1' });
    t.teardown(() => server.close());
    const { code, stdout, stderr } = await benchAt(`ws://[::1]:${server.port}`, '--dialect', dialect);
    t.match({ code, stderr }, { code: 0, stderr: '' });
    t.match(stdout, /6 are in 2 rooms/);
  });
}

t.test(
  'an address that is none, is more than that of a server, or where nobody answers, is named in one line',
  async (t) => {
    for (const [url, says] of [
      ['nonsense', /--url.*nonsense.*ws:\/\//],
      ['ftp://127.0.0.1', /--url.*ftp:.*ws:\/\//],
      ['ws://127.0.0.1:1/ws', /--url.*\/ws.*without a path/],
      ['ws://127.0.0.1:1/?room=x', /--url.*room=x.*without a path/],
      ['ws://127.0.0.1:1', /ECONNREFUSED/],
    ] as const) {
      const { code, stderr } = await benchAt(url);
      t.not(code, 0);
      t.match(stderr, says);
      t.notMatch(stderr, /\n\s+at /, 'no stack');
    }
  },
);

t.test('and says why it was not let in', async (t) => {
  const server = await startServer({ AUTH: 'required' });
  t.teardown(() => server.close());
  const { code, stderr } = await bench(server.port, '--token', 'not a token');
  t.equal(code, 2);
  t.match(stderr, /TOKEN_INVALID|4101|not let in/);
});
