import { readFileSync } from 'node:fs';
import { env as environment } from 'node:process';
import t, { type Test } from 'tap';
import { connect, type TestClient } from '../support/client.ts';
import { preload } from '../support/program.ts';
import { attacker, hostileFrames } from './hostile-frames.ts';
import { type ServerProcess, started } from './server-process.ts';

/** Of the million, this many to each kind of transport; a part of them at limits as they are by default. */
const TREATED = 450_000;
const FLOODING = 50_000;
const CONNECTIONS = 4;
const ROUND = 2500;
const WARM_UP = 60_000;
/** A slow machine sends fewer; the figures say how many it were. */
const BOUND_MS = Number(environment.HOSTILE_SECONDS ?? 10) * 1000;
/** What the heap of a busy process may be larger for, rubbish that is not yet collected included. */
const MAX_GROWTH_BYTES = 48 * 1024 * 1024;

const frames = hostileFrames();

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

interface Pair {
  /** One message from one to the other; resolves with the milliseconds that it took. */
  talk(): Promise<number>;
  readonly clients: readonly TestClient[];
}

async function pair(port: number): Promise<Pair> {
  const [ada, ben] = [await connect(port), await connect(port)];
  await ada.ask({ type: 'join', roomId: 'room', user: { userId: 'ada' } });
  await ben.ask({ type: 'join', roomId: 'room', user: { userId: 'ben' } });
  let count = 0;
  return {
    clients: [ada, ben],
    async talk() {
      count += 1;
      const text = `message ${count}`;
      const begun = performance.now();
      const from = ben.messages.length;
      ada.send({ type: 'message', text });
      ben.send({ type: 'heartbeat' });
      await ben.next((one) => one.type === 'message' && one.text === text, from);
      return performance.now() - begun;
    },
  };
}

/** Sends so many frames over some connections at once, reconnecting as the server closes them. */
async function attack(port: number, count: number): Promise<{ sent: number; closed: number }> {
  let left = count;
  let closed = 0;
  const until = performance.now() + BOUND_MS;
  async function one(): Promise<void> {
    while (left > 0) {
      const client = await attacker(port);
      while (left > 0 && !client.socket.destroyed) {
        const round = Math.min(ROUND, left);
        left -= round;
        if (performance.now() > until) {
          count -= left;
          left = 0;
        }
        await client.send(frames, round);
        await client.treated();
      }
      if (client.socket.destroyed) closed += 1;
      client.socket.destroy();
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
  return { sent: count, closed };
}

/** The same over the limits: every connection sends one round, and waits to be closed for it. */
async function flood(port: number, count: number): Promise<{ sent: number; closed: number }> {
  let closed = 0;
  async function one(): Promise<void> {
    for (let left = count / CONNECTIONS; left > 0; left -= ROUND) {
      const client = await attacker(port);
      await client.send(frames, ROUND);
      await client.ended;
      closed += 1;
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
  return { sent: count, closed };
}

/** Attacks while the pair goes on talking. Returns how long its messages took, the slowest last. */
async function beside(talking: Pair, attack: Promise<{ sent: number; closed: number }>) {
  let over = false;
  const attacked = attack.finally(() => {
    over = true;
  });
  const took: number[] = [];
  while (!over) {
    took.push(await talking.talk());
    // Well-behaved: within every limit that the server is given here.
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  return { ...(await attacked), took: took.sort((a, b) => a - b) };
}

async function settled(process: ServerProcess, below: number): Promise<number> {
  let bytes = residentBytes(process.pid);
  for (let turn = 0; turn < 40 && bytes > below; turn++) {
    process.child.kill('SIGUSR2');
    await process.metric('tandem_rooms');
    bytes = residentBytes(process.pid);
  }
  return bytes;
}

const sample = (values: readonly number[], at: number) =>
  Math.round(values[Math.floor((values.length - 1) * at)] ?? -1);

async function survives(t: Test, TRANSPORT: string): Promise<void> {
  const env = { TRANSPORT, STORE: 'memory', KEPT_MESSAGES: '10' };
  // Rubbish that nobody has collected yet is no growth.
  const nodeArgs = ['--max-semi-space-size=8', '--expose-gc', ...preload('bench/servers/collect.ts')];
  // What waits for a verdict on a token is no reason to close either: everything is to be treated.
  const unlimited = { RATE_LIMIT: '1000000/1s', STREAM_LIMIT: '500000/1s', MAX_WAITING_MESSAGES: '1000000' };
  const process = await started(t, { ...env, ...unlimited }, nodeArgs);
  const talking = await pair(process.port);
  await attack(process.port, WARM_UP);
  const before = residentBytes(process.pid);
  const begun = performance.now();
  const { sent, closed, took } = await beside(talking, attack(process.port, TREATED));
  const seconds = (performance.now() - begun) / 1000;
  t.equal(closed, 0, 'nobody was closed: all was treated');
  for (const code of [
    'INVALID_FIELD',
    'NOT_JSON',
    'FORBIDDEN_KEY',
    'UNKNOWN_TYPE',
    'BINARY_FRAME',
    'NOT_JOINED',
  ]) {
    const times = await process.metric(`tandem_errors_total{code="${code}"}`);
    t.ok(times > sent / 50, `${code}: ${times} times`);
  }
  t.ok(Number.isNaN(await process.metric('tandem_errors_total{code="INTERNAL"}')), 'never INTERNAL');
  const after = await settled(process, before + MAX_GROWTH_BYTES);
  const mb = (bytes: number) => Math.round(bytes / 1024 / 1024);
  t.comment(
    `${TRANSPORT}: ${sent} frames in ${seconds.toFixed(1)} s (${Math.round(sent / seconds)}/s), ` +
      `RSS ${mb(before)} MB before, ${mb(after)} MB after; ${took.length} messages beside, ` +
      `median ${sample(took, 0.5)} ms, p99 ${sample(took, 0.99)} ms, slowest ${sample(took, 1)} ms`,
  );
  t.ok(after - before < MAX_GROWTH_BYTES, `grew by ${mb(after - before)} MB`);
  t.ok(took.length > 0, 'others were served beside');
  t.equal(await process.metric('tandem_members'), 2);
  await talking.talk();
  process.child.kill('SIGTERM');
  t.same(await process.ended, { code: 0, signal: null });
}

async function floods(t: Test, TRANSPORT: string): Promise<void> {
  const env = { TRANSPORT, STORE: 'memory', RATE_LIMIT: '50/1s', STREAM_LIMIT: '50/1s' };
  const process = await started(t, { ...env, MAX_WAITING_MESSAGES: '1000000' });
  const talking = await pair(process.port);
  const before = residentBytes(process.pid);
  const { closed, took } = await beside(talking, flood(process.port, FLOODING));
  t.comment(
    `${TRANSPORT}: ${closed} connections closed for ${FLOODING} frames; ${took.length} messages beside`,
  );
  t.equal(await process.metric('tandem_closes_total{code="FLOOD"}'), FLOODING / ROUND);
  t.ok(residentBytes(process.pid) - before < 2 * MAX_GROWTH_BYTES);
  t.ok((await process.metric('tandem_rate_limited_total')) > 5000);
  await talking.talk();
  for (const client of talking.clients) await client.close();
  let members = Number.NaN;
  for (let turn = 0; turn < 200 && members !== 0; turn++) members = await process.metric('tandem_members');
  t.equal(members, 0, 'nobody is left behind');
}

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(
    `[ER1] [ER3] hundreds of thousands of hostile frames are answered, and that is all (${TRANSPORT})`,
    (t) => survives(t, TRANSPORT),
  );
  t.test(`[RL2] [RL3] who floods is closed and the others go on (${TRANSPORT})`, (t) => floods(t, TRANSPORT));
}
