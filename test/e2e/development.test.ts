import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect as connectTcp, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { readConfig } from '../../server/config.ts';
import { connect } from '../support/client.ts';
import { source } from '../support/program.ts';
import { ms } from './figures.ts';
import { plain } from './plain-process.ts';

const project = source('');
const DEFAULT_PORT = 3001;

t.setTimeout(550_000);

t.test('what is built runs without any setting', async (t) => {
  // Below the project, so that what it depends on is found from there.
  const directory = t.testdir({ work: {} });
  const cwd = join(directory, 'work');
  const outDir = join(directory, 'dist');
  // As `npm run build`, to another place.
  for (const step of [
    ['tsc', '-p', 'tsconfig.build.json', '--outDir', outDir],
    ['tsx', 'server/bundle.ts', outDir],
    ['tsx', 'server/bundle-pages.ts', outDir],
  ]) {
    const [command, ...args] = plain(['npx', '--no-install', ...step]);
    await promisify(execFile)(command, args, { cwd: project });
  }
  const program = join(outDir, 'server', 'main.js');
  const isFree = await canListen(DEFAULT_PORT);
  t.match(readConfig({}), { port: DEFAULT_PORT, host: '127.0.0.1', dataDir: './data', store: 'lmdb' });

  const env: Record<string, string> = isFree ? {} : { WS_PORT: '0' };
  const begun = performance.now();
  const server = run(t, program, ['serve'], cwd, env);
  const health = await server.line(/http:\/\/127\.0\.0\.1:(\d+)\/health/);
  t.comment(`up after ${ms(performance.now() - begun)}, on ${isFree ? 'the default' : 'another'} port`);
  const port = Number(/:(\d+)\/health/.exec(health)?.[1]);
  if (isFree) t.equal(port, DEFAULT_PORT);
  t.match(server.output(), `ws://127.0.0.1:${port}/ws`, 'says where');
  t.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200, 'the address for health is right');
  const page = /page +(\S+)/.exec(server.output())?.[1] ?? '';
  t.match(
    await (await fetch(page)).text(),
    /<script type="module" src="\/pages\//,
    'and so is that of the page',
  );
  t.ok(existsSync(join(cwd, 'data', 'data.mdb')), 'keeps its data in ./data');
  t.notOk(await reaches('127.0.0.2', port), 'listens at 127.0.0.1 only');

  const token = await server.line(/^ *eyJ\S+$/);
  const headers = { authorization: `Bearer ${token.trim()}` };
  const ada = await connect(port, { headers });
  t.match(await ada.nextOf('welcome'), { userId: 'ada' }, 'the printed token says who Ada is');
  t.match(await ada.ask({ type: 'join', roomId: 'demo' }), { type: 'ack' });

  const command = /^ *try it +(.*?)(?: {2,}\(.*)?$/m.exec(server.output())?.[1] ?? '';
  t.match(command, /^node \S+main\.js watch --url \S+ --room demo$/, 'one command to try');
  const [, script = '', ...args] = command.split(' ');
  const watching = run(t, script, args, cwd);
  watching.process.stdin?.write('{"type":"message","text":"typed at once"}\n');
  const seen = await ada.next((one) => one.type === 'presence' && one.users.length === 2);
  t.match(seen.users, [{ userId: 'ada' }, { name: 'Terminal' }], 'it works as it stands there');
  await ada.next((one) => one.text === 'typed at once');
  await ada.ask({ type: 'message', text: 'hello terminal' });
  await watching.line(/"text":"hello terminal"/);
  watching.process.stdin?.write('{"type":"message","text":"hello ada"}\n');
  t.match(
    await ada.next((one) => one.text === 'hello ada'),
    { type: 'message' },
    'and what is typed is sent',
  );
  watching.process.kill('SIGINT');
  t.same(await once(watching.process, 'exit'), [0, null]);
  await ada.next((one) => one.type === 'presence' && one.users.length === 1, ada.messages.indexOf(seen));

  const brief = run(t, script, args, cwd);
  await brief.line(/"type":"presence"/);
  const ended = once(brief.process, 'exit');
  brief.process.stdout?.destroy();
  await ada.ask({ type: 'message', text: 'more than is read' });
  t.same(await ended, [0, null], 'and ends where nobody reads on, as before `head`');
  t.notMatch(brief.output(), /EPIPE/);

  const full = await open('/dev/full', 'w');
  const [node = '', ...rest] = plain([process.execPath, script, ...args]);
  const mute = spawn(node, rest, { cwd, env: { PATH: process.env.PATH }, stdio: ['pipe', full.fd, 'pipe'] });
  t.teardown(() => mute.kill('SIGKILL'));
  const [said, [code]] = await Promise.all([text(mute.stderr as Readable), once(mute, 'exit')]);
  await full.close();
  t.match(said, /^Cannot print: ENOSPC/m, 'and says so where it cannot print');
  t.equal(code, 1);

  const made = run(t, program, ['token', '--sub', 'bob'], cwd);
  const bobs = await made.line(/\S/);
  const bob = await connect(port, { headers: { authorization: `Bearer ${bobs}` } });
  t.match(await bob.nextOf('welcome'), { userId: 'bob' }, '`tandem token` makes more of them');
  server.process.kill('SIGTERM');
  t.match(await ada.closed, { code: 4000 });
  t.same(await once(server.process, 'exit'), [0, null], 'ends cleanly');
});

t.test('what `npm run dev` starts runs from its sources', async (t) => {
  const cwd = t.testdir();
  const server = run(t, '--import=tsx', [source('server/main.ts'), 'serve'], cwd, { WS_PORT: '0' });
  const health = await server.line(/http:\/\/127\.0\.0\.1:(\d+)\/health/);
  const port = Number(/:(\d+)\/health/.exec(health)?.[1]);
  const { version } = JSON.parse(readFileSync(source('package.json'), 'utf8'));
  t.match(await (await fetch(`http://127.0.0.1:${port}/openapi.json`)).json(), { info: { version } });
  const ada = await connect(port);
  t.match(await ada.ask({ type: 'join', roomId: 'r', user: { userId: 'ada' } }), { type: 'ack' });
  server.process.kill('SIGTERM');
  t.same(await once(server.process, 'exit'), [0, null]);
});

interface Running {
  readonly process: ChildProcess;
  output(): string;
  /** The first line, of those so far and those to come, that fits. */
  line(fits: RegExp): Promise<string>;
}

/** A program in a directory, with nothing in its environment but what finds `node`; it ends with the test. */
function run(
  t: Test,
  program: string,
  args: string[],
  cwd: string,
  env: Record<string, string> = {},
): Running {
  const [command, ...rest] = plain([process.execPath, program, ...args]);
  const child = spawn(command, rest, { cwd, env: { PATH: process.env.PATH, ...env } });
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      lines.push(line);
      for (const look of [...waiting]) look();
    });
  }
  return {
    process: child,
    output: () => lines.join('\n'),
    line: (fits) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find((line) => fits.test(line));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        child.once('exit', () => reject(new Error(`ended without ${fits}: ${lines.join('\n')}`)));
        look();
      }),
  };
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

async function reaches(host: string, port: number): Promise<boolean> {
  const socket = connectTcp(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
