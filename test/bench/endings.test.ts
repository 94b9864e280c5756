import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as passed } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { Crew } from '../../bench/load/crew.ts';
import { people } from '../../bench/load/people.ts';
import type { Contender } from '../../bench/servers/servers.ts';
import { plain } from '../e2e/plain-process.ts';
import { built } from '../support/program.ts';
import { double } from './double.ts';

// Read when the bench is loaded: a Redis that ends at once.
process.env.REDIS_SERVER = '/bin/false';
const { startRedis } = await import('../../bench/servers/redis.ts');
const { startGroup } = await import('../../bench/servers/group.ts');
const { crowd, withServer } = await import('../../bench/workloads/scene.ts');

t.setTimeout(60_000);
const scale = { rounds: 1, warmUpMs: 0, measuredMs: 0, part: 1, threads: 1 };

/** A server whose program is this. */
const fragile = (code: string): Contender => ({ name: 'fragile', speech: 'plain', program: ['-e', code] });
const listening = (then: string) =>
  `const server = require('node:net').createServer(() => process.exit(3));
  server.listen(0, '127.0.0.1', () => {
    console.log(JSON.stringify({ msg: 'listening', port: server.address().port }));
    ${then}
  });`;

/** An empty directory in which temporary ones are made. */
function temporary(t: Test): string {
  const directory = t.testdir({});
  const before = process.env.TMPDIR;
  process.env.TMPDIR = directory;
  t.teardown(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  });
  return directory;
}

function childrenOf(pid: number): number[] {
  const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return listed === '' ? [] : listed.split(' ').map(Number);
}

t.test('a server that ends before it listens is named, and leaves nothing', async (t) => {
  const directory = temporary(t);
  await t.rejects(startGroup(fragile('process.exit(3)')), { message: /fragile ended with 3/ });
  t.same(readdirSync(directory), []);
});

t.test('one that ends when people come is named, and not those people', async (t) => {
  const directory = temporary(t);
  const run = withServer(fragile(listening('')), scale, async ({ enter }) => {
    await enter(await crowd(1, 2));
    throw new Error('nobody can have entered');
  });
  await t.rejects(run, { message: /fragile ended with 3/ });
  t.same(readdirSync(directory), []);
});

t.test('and one that ends while something is awaited that never comes', async (t) => {
  temporary(t);
  const run = withServer(fragile(listening('process.exit(4)')), scale, () => new Promise(() => {}));
  await t.rejects(run, { message: /fragile ended with 4/ });
});

t.test('where a later node does not start, the first one is ended', async (t) => {
  const directory = temporary(t);
  const second = `const { mkdirSync } = require('node:fs');
    try { mkdirSync('${directory}/first'); } catch { process.exit(5); }
    ${listening('')}`;
  const before = childrenOf(process.pid);
  await t.rejects(startGroup({ ...fragile(second), nodes: 2 }), { message: /fragile ended with 5/ });
  t.same(readdirSync(directory), ['first']);
  t.same(childrenOf(process.pid), before);
});

t.test('a Redis that ends at once is not awaited', async (t) => {
  const directory = temporary(t);
  await t.rejects(startRedis(), { message: /Redis ended with 1/ });
  t.same(readdirSync(directory), []);
});

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const) {
  t.test(`with ${signal} the bench ends its servers, and takes their directories away`, async (t) => {
    const directory = temporary(t);
    const [command, ...args] = plain([process.execPath, built('bench/main.ts'), '--quick', '--json']);
    const child = spawn(command, args, { env: { PATH: process.env.PATH, TMPDIR: directory } });
    t.teardown(() => child.kill('SIGKILL'));
    const servers = () => childrenOf(child.pid as number).filter((pid) => isServer(pid));
    while (servers().length === 0) await passed(20);
    const running = servers();
    child.kill(signal);
    t.same(await once(child, 'exit'), [code, null]);
    t.same(readdirSync(directory), []);
    while (running.some(isServer)) await passed(20);
  });
}

function isServer(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('/bench/peers/');
}

/** One who is in a room of a server that does so with what is said there. */
async function inRoom(t: Test, ...[rest]: [Parameters<typeof double>[1]]): Promise<Crew> {
  const target = { host: '127.0.0.1', ports: [await double(t, rest)], secure: false };
  const crew = new Crew();
  t.teardown(() => crew.end());
  await crew.open({ target, speech: 'native single', people: await people(1, 1), atOnce: 1 });
  return crew;
}

t.test('who builds a scene and is cut off does not wait for ever', async (t) => {
  const crew = await inRoom(t, (socket) => socket.close(4000, 'enough'));
  await t.rejects(crew.furnish(10), { message: /user-0-0.*4000/ });
});

t.test('nor does who is refused', async (t) => {
  const crew = await inRoom(t, (socket, { ref }) =>
    socket.send(JSON.stringify({ type: 'error', ok: false, code: 'RATE_LIMITED', ref })),
  );
  await t.rejects(crew.furnish(10), { message: /user-0-0.*refused/ });
});
