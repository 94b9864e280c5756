import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { missing } from './program.ts';
import { until } from './redis.ts';
import { freePort } from './servers.ts';
import { readText } from './sources.ts';

export const balancers = ['nginx', 'haproxy'] as const;
export type Balancer = (typeof balancers)[number];

/** Debian has them where only root looks. */
export const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };

/** For tap's `skip`, see `missing`. */
export const noBalancer = (which: Balancer) => missing(which, ['-v'], undefined, env);

export interface Balanced {
  readonly port: number;
}

/** Runs one on a free port, with the file of deploy/, before these nodes; ends with the test. */
export async function startBalancer(
  t: Test,
  which: Balancer,
  nodes: readonly [{ port: number }, { port: number }],
  isSticky = false,
): Promise<Balanced> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), `tandem-${which}-`));
  const shipped = readText(which === 'nginx' ? 'deploy/nginx.conf' : 'deploy/haproxy.cfg');
  const placed = shipped
    .replaceAll('node-1:3001', `127.0.0.1:${nodes[0].port}`)
    .replaceAll('node-2:3001', `127.0.0.1:${nodes[1].port}`)
    .replace('bind :3001', `bind 127.0.0.1:${port}`)
    .replace('listen 3001', `listen 127.0.0.1:${port}`);
  const given = isSticky ? placed.replaceAll('# sticky: ', '') : placed;
  const child = which === 'nginx' ? nginx(directory, given) : haproxy(directory, given);
  living.add(child);
  let errors = '';
  child.stderr?.on('data', (text: Buffer) => {
    errors += text;
  });
  t.teardown(async () => {
    await end(child);
    rmSync(directory, { recursive: true });
  });
  await until(() => {
    if (child.exitCode !== null) throw new Error(errors);
    return listens(port);
  }, `${which}: ${errors}`);
  return { port };
}

function nginx(directory: string, text: string): ChildProcess {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((what) => `${what}_temp_path ${directory};`)
    .join(' ');
  const file = join(directory, 'nginx.conf');
  // Those who serve are not root otherwise, and could not read the directory.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const given = text.replace('http {', `http { access_log off; ${temporary}`);
  writeFileSync(file, `${user} pid ${join(directory, 'pid')};\n${given}`);
  const args = ['-p', directory, '-c', file, '-e', 'stderr', '-g', 'daemon off;'];
  return spawn('nginx', args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
}

function haproxy(directory: string, text: string): ChildProcess {
  const file = join(directory, 'haproxy.cfg');
  writeFileSync(file, text);
  return spawn('haproxy', ['-db', '-f', file], { env, stdio: ['ignore', 'ignore', 'pipe'] });
}

// Also where a test ends without its teardown.
const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of living) child.kill('SIGTERM');
});

async function end(child: ChildProcess): Promise<void> {
  living.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** Of a process, user and system. */
export function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
