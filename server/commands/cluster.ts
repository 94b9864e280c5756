import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { systemClock } from '../clock.ts';
import { type Config, type Environment, readConfig } from '../config.ts';
import { developmentSecret } from '../settings/development-secret.ts';
import { type Begun, type Ending, onEndSignal } from './signals.ts';

const FIRST_RESTART_MS = 500;
const LONGEST_RESTART_MS = 30_000;
/** Who ran for so long has not failed to start. */
const STARTED_MS = 10_000;
/** What `serve` says of settings that are wrong: no restart makes them right. */
const WRONG_SETTINGS = 2;
const MAX_PORT = 65_535;

/**
 * `tandem cluster`: as many `tandem serve` as asked for, on one port and one Redis, each in a process of its own.
 * One that ends is started anew. On SIGTERM or SIGINT all are ended. Exit codes: 0 after a
 * signal, 1 where a process did not end as it should, 2 for settings that are wrong.
 */
export async function cluster(env: Environment, nodes = availableParallelism()): Promise<void> {
  const shared = { ...env, PORT_SHARING: 'on' };
  const { healthPort } = configOrExit(shared, nodes);
  const running = new Map<number, ChildProcess>();
  // Of those that were killed, too: for some time they count as there.
  const nodeIds: string[] = [];
  let closing = false;
  let failed = false;

  function start(index: number, delayMs: number): void {
    const begun = systemClock.monotonic();
    const own = healthPort ? { HEALTH_PORT: String(healthPort + index) } : {};
    const program = [...process.execArgv, process.argv[1] ?? '', 'serve'];
    // By the channel it knows when this process is gone, however it ended.
    const stdio = ['inherit', 'inherit', 'inherit', 'ipc'] as const;
    const child = spawn(process.execPath, program, { env: { ...shared, ...own }, stdio: [...stdio] });
    running.set(index, child);
    child.on('message', ({ nodeId }: Begun) => nodeIds.push(nodeId));
    child.once('exit', (code, signal) => {
      running.delete(index);
      if (closing) {
        // By the signal itself ends who does not handle it yet.
        failed ||= code !== 0 && signal !== 'SIGTERM' && signal !== 'SIGINT';
        return;
      }
      if (code === WRONG_SETTINGS) process.exit(WRONG_SETTINGS);
      const lasted = systemClock.monotonic() - begun >= STARTED_MS;
      const waitMs = lasted ? FIRST_RESTART_MS : Math.min(2 * delayMs, LONGEST_RESTART_MS);
      console.error(`Process ${index + 1} of ${nodes} has ended; it is started again in ${waitMs} ms.`);
      systemClock.after(waitMs, () => closing || start(index, waitMs));
    });
  }

  async function close(): Promise<void> {
    closing = true;
    // Together: none of them is there for the others' connections.
    const ended = [...running.values()].map((child) => new Promise((resolve) => child.once('exit', resolve)));
    const ending: Ending = { alsoLeaving: nodeIds };
    for (const child of running.values()) {
      // Who has just ended by itself does not hear it.
      child.send(ending, () => {});
      child.kill('SIGTERM');
    }
    await Promise.all(ended);
    process.exit(failed ? 1 : 0);
  }

  onEndSignal(() => void close());
  for (let index = 0; index < nodes; index++) start(index, FIRST_RESTART_MS);
}

function configOrExit(env: Environment, nodes: number) {
  try {
    // Nobody has set that the port is shared: what does not go with that is named itself.
    const problem = problemOf(readConfig({ ...env, PORT_SHARING: undefined }), nodes);
    if (problem === undefined) return readConfig(env, developmentSecret);
    console.error(problem);
  } catch (error) {
    console.error((error as Error).message);
  }
  return process.exit(WRONG_SETTINGS);
}

/** What is wrong with settings for several processes that is right for one. */
function problemOf({ store, transport, port, healthPort = 0 }: Config, nodes: number): string | undefined {
  if (store !== 'redis') return `STORE is "${store}": expected redis, by which processes share their rooms`;
  if (transport === 'ws') return 'TRANSPORT is "ws": expected uws, by which processes share a port';
  if (port === 0) return 'WS_PORT is 0: expected the port that all processes share';
  // 0: each takes a free one.
  const last = healthPort === 0 ? 0 : healthPort + nodes - 1;
  if (last <= MAX_PORT && (port < healthPort || port > last)) return undefined;
  return `HEALTH_PORT is ${healthPort}: expected ${nodes} ports in a row, up to ${MAX_PORT} and without WS_PORT (${port})`;
}
