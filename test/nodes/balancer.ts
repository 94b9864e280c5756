import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';
import { env } from '../support/balancers.ts';
import { until } from '../support/redis.ts';
import { freePort } from '../support/servers.ts';

export interface Balancer {
  readonly port: number;
  /** Ports of the nodes that get requests. */
  readonly ready: ReadonlySet<number>;
}

/**
 * HAProxy before nodes, on a free port: requests go to those whose `/ready` says 200, by turns; those of another
 * address than 127.0.0.1 by that address, for clients whose requests belong together. Ends with the test.
 */
export async function startBalancer(t: Test, nodes: readonly number[]): Promise<Balancer> {
  const port = await freePort();
  const servers = (rest: (node: number) => string) =>
    nodes.map((node) => `  server ${node} 127.0.0.1:${node} ${rest(node)}`).join('\n');
  // Not the test's own directory, which may be Redis's.
  const directory = mkdtempSync(join(tmpdir(), 'tandem-balancer-'));
  const file = join(directory, 'haproxy.cfg');
  writeFileSync(
    file,
    `
global
  maxconn 8000
defaults
  mode http
  timeout connect 2s
  timeout check 2s
  timeout client 1m
  timeout server 1m
  timeout tunnel 1h
  option redispatch 1
frontend clients
  bind 127.0.0.1:${port}
  use_backend anybody if { src 127.0.0.1 }
  default_backend known
backend anybody
  balance roundrobin
  option httpchk
  http-check send meth GET uri /ready ver HTTP/1.1 hdr Host node
${servers(() => 'check inter 200ms fall 1 rise 1')}
backend known
  balance source
  hash-type consistent
${servers((node) => `track anybody/${node}`)}
`,
  );
  const child = spawn('haproxy', ['-db', '-f', file], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  t.teardown(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    rmSync(directory, { recursive: true });
  });
  // It begins with what it takes for granted, and tells of every change.
  const ready = new Set(nodes);
  createInterface({ input: child.stderr }).on('line', (line) => {
    const [, node, state] = /Server anybody\/(\d+) is (UP|DOWN)/.exec(line) ?? [];
    if (state === 'UP') ready.add(Number(node));
    if (state === 'DOWN') ready.delete(Number(node));
  });
  await until(async () => (await fetch(`http://127.0.0.1:${port}/ready`)).status === 200, 'the balancer');
  return { port, ready };
}
