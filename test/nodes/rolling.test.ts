import t, { type Test } from 'tap';
import { type ServerProcess, started } from '../native/server-process.ts';
import { noBalancer } from '../support/balancers.ts';
import { noRedis, startRedis, until } from '../support/redis.ts';
import { freePort } from '../support/servers.ts';
import { startBalancer } from './balancer.ts';
import { createEditor, type Kind } from './editors/create.ts';
import type { Editor } from './editors/editor.ts';

/** For longer runs, after `npm run build`: ROLLING_CLIENTS=2000 ROLLING_HANDOVER_MS=40000 */
const CLIENTS = Number(process.env.ROLLING_CLIENTS ?? 200);
const HANDOVER_MS = process.env.ROLLING_HANDOVER_MS ?? '2400';
const PER_ROOM = 10;
const EDIT_EVERY_MS = 4000;
const RESUMED_WITHIN_MS = 30_000;
const isLong = process.env.ROLLING_CLIENTS !== undefined;
/** Decided on in longer runs alone: a build’s machine may be as slow as it likes. */
const RESUMED_P99_MS = isLong ? 1000 : undefined;
/** At once: the backlog of a listening socket is short. */
const WAVE = 50;

t.setTimeout(550_000);

/** Mostly WebSockets; each room has some of the others. */
function kindOf(index: number): Kind {
  if (index % PER_ROOM === 7) return 'socket.io';
  if (index % PER_ROOM !== 8) return 'native';
  return index % (2 * PER_ROOM) === 8 ? 'polling' : 'stream';
}

t.test(
  `[ND10] a rolling restart of two nodes under ${CLIENTS} clients that edit`,
  { skip: noRedis || noBalancer('haproxy') },
  async (t) => {
    const redis = await startRedis(t, { appendfsync: 'everysec' });
    const ports = [await freePort(), await freePort()];
    const env = {
      ...{ STORE: 'redis', REDIS_URL: redis.url, HANDOVER_MS },
      ...{ RATE_LIMIT: '1000000/1s', STREAM_LIMIT: '500000/1s', API_LIMIT: '100000/1s' },
      // A machine that is busy with other tests may keep Redis waiting for longer than the default.
      REDIS_TIMEOUT_MS: '30000',
    };
    const start = (port: number) => started(t, { ...env, WS_PORT: String(port) });
    const nodes = await Promise.all(ports.map(start));
    const balancer = await startBalancer(t, ports);
    const editors = await entered(t, balancer.port);
    const begun = performance.eventLoopUtilization();
    const stopEditing = editAll(editors);
    t.teardown(stopEditing);
    const before = await Promise.all(nodes.map((node) => node.metric('tandem_members')));
    t.ok(Math.min(...before) > CLIENTS / 2, 'most rooms are on both nodes');

    for (const [index, port] of ports.entries()) {
      const node = nodes[index] as ServerProcess;
      const begun = performance.now();
      node.child.kill('SIGTERM');
      await until(() => !balancer.ready.has(port), 'the balancer takes it out');
      t.same(await node.ended, { code: 0, signal: null });
      t.match(node.output(), '"msg":"handing over"', 'not all at once');
      await until(() => editors.every(({ isIn }) => isIn), 'everybody is back');
      const ms = performance.now() - begun;
      t.ok(
        ms < RESUMED_WITHIN_MS + (isLong ? 0 : Number(HANDOVER_MS)),
        `all are back ${Math.round(ms)} ms after the signal`,
      );
      nodes[index] = await start(port);
      await until(() => balancer.ready.has(port), 'the balancer takes it in');
    }

    stopEditing();
    await until(() => editors.every(({ isIdle }) => isIdle), 'everything is acknowledged');
    await checkScenes(t, editors);
    none(
      t,
      'nobody noticed more than a new connection',
      editors.flatMap(({ faults }) => faults),
    );
    report(t, editors);
    const { utilization } = performance.eventLoopUtilization(begun);
    t.comment(`those who measure were busy ${Math.round(100 * utilization)} % of the time`);
  },
);

async function entered(t: Test, port: number): Promise<Editor[]> {
  const editors: Editor[] = [];
  t.teardown(() => {
    for (const one of editors) one.end();
  });
  for (let from = 0; from < CLIENTS; from += WAVE) {
    for (let index = from; index < Math.min(CLIENTS, from + WAVE); index++) {
      editors.push(await createEditor(kindOf(index), port, `u${index}`, `s${Math.floor(index / PER_ROOM)}`));
    }
    await until(() => editors.every(({ isIn }) => isIn), 'everybody is in');
  }
  return editors;
}

/** Everybody edits every few seconds, once the last answer has come. Returns what stops them. */
function editAll(editors: readonly Editor[]): () => void {
  const timers = editors.map((one) => {
    const go = () => {
      if (one.isIdle) one.edit();
      return setTimeout(again, EDIT_EVERY_MS * (0.5 + Math.random()));
    };
    let timer = setTimeout(again, EDIT_EVERY_MS * Math.random());
    function again() {
      timer = go();
    }
    return () => clearTimeout(timer);
  });
  return () => {
    for (const stop of timers) stop();
  };
}

/** Every operation was done once: the version counts them, and everybody sees the last of each. */
async function checkScenes(t: Test, editors: readonly Editor[]): Promise<void> {
  const rooms = groups(editors, ({ sceneId }) => sceneId);
  const faults: string[] = [];
  for (const [sceneId, all] of rooms) {
    const operations = all.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
    await until(() => all.every(({ version }) => version >= operations), `all of ${sceneId}`);
    for (const one of all) {
      if (one.version !== operations) faults.push(`${one.userId} is at ${one.version}, not ${operations}`);
      for (const { userId, acknowledged } of all)
        if ((one.numberOf(userId) ?? 0) !== acknowledged)
          faults.push(`${one.userId} sees ${one.numberOf(userId)} of ${userId}, not ${acknowledged}`);
    }
  }
  none(t, 'nothing acknowledged is lost or doubled', faults);
}

/** Names each fault by itself: reports of many tests keep the names of what failed, not what it was given. */
function none(t: Test, promise: string, faults: readonly string[]): void {
  t.equal(faults.length, 0, promise);
  for (const fault of faults.slice(0, 10)) t.fail(fault);
}

function report(t: Test, editors: readonly Editor[]): void {
  for (const [kind, all] of groups(editors, ({ kind }) => kind)) {
    const { count, text } = resumesOf(all);
    const edits = all.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
    t.comment(`${kind}: ${all.length} clients, ${edits} operations, resumed ${count} times: ${text}`);
    t.ok(count >= all.length, `${kind}: everybody was at a node that was restarted`);
  }
  const { p99, text } = resumesOf(editors);
  t.comment(`all: ${text}`);
  if (RESUMED_P99_MS !== undefined) t.ok(p99 < RESUMED_P99_MS, 'nearly all are soon back');
}

function resumesOf(editors: readonly Editor[]): { count: number; p99: number; text: string } {
  const sorted = editors.flatMap(({ resumes }) => resumes).sort((a, b) => a - b);
  const at = (part: number) => Math.round(sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN);
  const text = `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, the longest ${at(1)} ms`;
  return { count: sorted.length, p99: at(0.99), text };
}

function groups(editors: readonly Editor[], by: (one: Editor) => string): Map<string, Editor[]> {
  const found = new Map<string, Editor[]>();
  for (const one of editors) found.set(by(one), [...(found.get(by(one)) ?? []), one]);
  return found;
}
