import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Test } from 'tap';
import { program } from '../support/program.ts';
import { TEST_SECRET } from '../support/servers.ts';
import { plain } from './plain-process.ts';

/** A server in a process of its own, which can be killed like one. */
export interface ChildServer {
  readonly port: number;
  readonly process: ChildProcess;
  /** Lines that something in its process has written to the file descriptor 3. */
  readonly reports: readonly string[];
  /** What it has written to its standard error. */
  errors(): string;
  /** One sample of `/metrics`, 0 where there is none; `name` with its labels, as it stands there. */
  metric(name: string): Promise<number>;
  /** The status of `/ready`. */
  ready(): Promise<number>;
  /** SIGKILL, and the wait for its end. */
  kill(): Promise<void>;
  /** Anonymous memory in bytes: the heap and all buffers, without the mapped file of the log. */
  memoryBytes(): number;
  /** How large a file it may write from now on. */
  limitFiles(bytes: number | 'unlimited'): void;
}

export interface ChildServerOptions {
  env?: Record<string, string>;
  /** Its files can be limited, standing in for a full disk. */
  limited?: boolean;
  nodeArgs?: readonly string[];
  /** What runs in place of `tandem serve`: arguments of Node.js. */
  command?: readonly string[];
}

/** Rates that no test of load reaches. */
export const unlimited = { RATE_LIMIT: '1000000/1s', STREAM_LIMIT: '1000000/1s' };

// Also where a test ends without its teardown.
const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** Starts `serve` on a free port of 127.0.0.1 and resolves when it listens; it ends with the test. */
export async function startChildServer(
  t: Pick<Test, 'teardown'>,
  options: ChildServerOptions = {},
): Promise<ChildServer> {
  const { nodeArgs = [], command = [...program, 'serve'] } = options;
  const [shell, ...args] = plain([process.execPath, ...nodeArgs, ...command], options.limited);
  const child = spawn(shell, args, {
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      WS_PORT: '0',
      JWT_SECRET: TEST_SECRET,
      AUTH: 'optional',
      LOG_LEVEL: 'info',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const kill = () => end(child);
  t.teardown(kill);
  living.add(child);
  const reports: string[] = [];
  createInterface({ input: child.stdio[3] as Readable }).on('line', (line) => reports.push(line));
  let errors = '';
  child.stderr?.on('data', (text: Buffer) => {
    errors += text;
  });
  const port = await portOf(child, () => errors);
  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  return {
    port,
    process: child,
    reports,
    errors: () => errors,
    kill,
    async metric(name) {
      const line = (await (await get('/metrics')).text())
        .split('\n')
        .find((one) => one.startsWith(`${name} `));
      return Number(line?.slice(name.length) ?? 0);
    },
    ready: async () => (await get('/ready')).status,
    memoryBytes() {
      const status = execFileSync('cat', [`/proc/${child.pid}/status`], { encoding: 'utf8' });
      return Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024;
    },
    limitFiles(bytes) {
      // The soft limit alone: the hard one could not be raised again.
      execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:`]);
    },
  };
}

async function portOf(child: ChildProcess, errors: () => string): Promise<number> {
  const lines = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> });
  const listening = new Promise<number>((resolve) => {
    lines.on('line', (line) => {
      if (!line.includes('"listening"')) return;
      resolve(JSON.parse(line).port);
    });
  });
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the server ended with ${code ?? signal} before it listened: ${errors()}`);
  });
  // Once it listens its end is expected.
  ended.catch(() => {});
  return Promise.race([listening, ended]);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  living.delete(child);
}
