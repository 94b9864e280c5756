import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { plain } from './e2e/plain-process.ts';
import { source } from './support/program.ts';
import { freePort, startServer, withoutIPv6 } from './support/servers.ts';

const [, healthCheck = ''] =
  /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(readFileSync(source('Dockerfile'), 'utf8')) ?? [];

/** Runs what Docker runs in the container; resolves with its exit code. */
function check(env: Record<string, string>): Promise<number> {
  const [command, ...args] = plain(JSON.parse(healthCheck));
  return new Promise((resolve) => {
    execFile(command, args, { env: { PATH: process.env.PATH, ...env } }, (error) => {
      resolve(error ? Number(error.code) : 0);
    });
  });
}

for (const HOST of ['', '127.0.0.1', '127.0.0.2', '0.0.0.0', '::', '::1', '[::1]']) {
  const skip = HOST.includes(':') && withoutIPv6;
  t.test(`the container is healthy while the server answers at HOST=${HOST}`, { skip }, async (t) => {
    const server = await startServer({ HOST });
    const env = { HOST, WS_PORT: String(server.port) };
    t.equal(await check(env), 0);
    await server.close();
    t.equal(await check(env), 1, 'and only then');
  });
}

t.test('so it is where health is answered at another port', async (t) => {
  const server = await startServer({ HOST: '127.0.0.2', HEALTH_PORT: '0' });
  t.teardown(() => server.close());
  const ports = { WS_PORT: String(await freePort()), HEALTH_PORT: String(server.healthPort) };
  t.equal(await check({ HOST: '127.0.0.2', ...ports }), 0);
});
