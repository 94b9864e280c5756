import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Test } from 'tap';
import { plain } from '../e2e/plain-process.ts';
import { program } from '../support/program.ts';
import { TEST_SECRET } from '../support/servers.ts';

/** A test that is killed for its time runs no teardown; the end of the pipe is seen all the same. */
const endsWithParent = `data:text/javascript,${encodeURIComponent(
  "process.stdin.resume().on('close', () => process.exit(9)).unref();",
)}`;

/** A server in a process of its own, as `tandem serve` starts it. */
export interface ServerProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
  /** Resolves when the process has ended. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  /** Everything that it has written. */
  output(): string;
  /** The value of a sample of its metrics. */
  metric(name: string): Promise<number>;
}

export interface FailedStart {
  readonly code: number | null;
  readonly output: string;
}

/** Starts `tandem serve`; resolves when it listens, or has ended without. Ends with the test. */
export async function serve(
  t: Test,
  env: Record<string, string>,
  nodeArgs: readonly string[] = [],
): Promise<ServerProcess | FailedStart> {
  const [command, ...args] = plain([
    process.execPath,
    ...nodeArgs,
    `--import=${endsWithParent}`,
    ...program,
    'serve',
  ]);
  const child = spawn(command, args, {
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      WS_PORT: '0',
      JWT_SECRET: TEST_SECRET,
      AUTH: 'optional',
      ...env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  t.teardown(() => {
    child.kill('SIGKILL');
    return ended;
  });
  const port = await new Promise<number | undefined>((resolve) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      const found = /"port":(\d+)|"?port"?: (\d+)/.exec(output);
      if (found !== null && /listening/.test(output)) resolve(Number(found[1] ?? found[2]));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    ended.then(() => resolve(undefined));
  });
  if (port === undefined) return { code: (await ended).code, output };
  return {
    child,
    pid: child.pid as number,
    port,
    ended,
    output: () => output,
    async metric(name) {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const line = text.split('\n').find((one) => one.startsWith(`${name} `));
      return Number(line?.slice(name.length + 1) ?? Number.NaN);
    },
  };
}

/** The same, where it has to start. */
export async function started(...how: Parameters<typeof serve>): Promise<ServerProcess> {
  const process = await serve(...how);
  if (!('pid' in process)) throw new Error(process.output);
  return process;
}
