import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import t from 'tap';
import { createVerifyToken } from '../server/dispatch/authentication.ts';
import { plain } from './e2e/plain-process.ts';
import { started } from './native/server-process.ts';
import { program } from './support/program.ts';
import { noRedis, startRedis } from './support/redis.ts';

const SECRET = 'a secret of more than thirty-two bytes';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function tandem(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH, ...env } };
    const [command, ...rest] = plain([process.execPath, ...program, ...args]);
    execFile(command, rest, options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

function verifier(secret: Uint8Array, extras = {}) {
  return createVerifyToken({ keys: { kind: 'secret', secret }, clock: { now: Date.now }, ...extras });
}

t.test('token prints a token that the server accepts, and nothing else', async (t) => {
  const args = [
    'token',
    '--sub',
    'ada',
    '--name',
    'Ada',
    '--project',
    'p1',
    '--project',
    'p2',
    '--room',
    'x*',
  ];
  const rest = ['--role', 'editor', '--scope', 'publish', '--email', 'a@b.example', '--ttl', '15m'];
  const env = { JWT_SECRET: SECRET, JWT_ISSUER: 'us', JWT_AUDIENCE: 'tandem' };
  const { code, stdout, stderr } = await tandem([...args, ...rest], env);
  t.equal(code, 0);
  t.equal(stderr, '');
  t.match(stdout, /^\S+\n$/);
  const verify = verifier(new TextEncoder().encode(SECRET), { issuer: 'us', audience: 'tandem' });
  t.match(await verify(stdout.trim()), {
    userId: 'ada',
    name: 'Ada',
    email: 'a@b.example',
    role: 'editor',
    projects: ['p1', 'p2'],
    rooms: ['x*'],
    scope: ['publish'],
  });
  const { iat = 0, exp = 0 } = decodeJwt(stdout.trim());
  t.equal(exp - iat, 900);
});

t.test('without options a token has no grants and lives an hour', async (t) => {
  const { stdout } = await tandem(['token', '--sub', 'ada'], { JWT_SECRET: SECRET });
  const { iat = 0, exp = 0, ...claims } = decodeJwt(stdout.trim());
  t.same(claims, { sub: 'ada' });
  t.equal(exp - iat, 3600);
});

t.test('in development mode the secret is kept beside the data, for its owner only', async (t) => {
  const DATA_DIR = join(t.testdir({}), 'data');
  const path = join(DATA_DIR, 'development-secret');
  const first = await tandem(['token', '--sub', 'ada'], { DATA_DIR });
  const kept = readFileSync(path, 'utf8');
  const second = await tandem(['token', '--sub', 'bob'], { DATA_DIR });
  t.equal(readFileSync(path, 'utf8'), kept);
  t.equal(statSync(path).mode & 0o777, 0o600);
  const verify = verifier(Buffer.from(kept.trim(), 'base64url'));
  t.match(await verify(first.stdout.trim()), { userId: 'ada' });
  t.match(await verify(second.stdout.trim()), { userId: 'bob' });

  chmodSync(path, 0o644);
  t.match(await tandem(['token', '--sub', 'ada'], { DATA_DIR }), {
    code: 2,
    stdout: '',
    stderr: /read by others/,
  });
  chmodSync(path, 0o600);
  writeFileSync(path, 'short');
  t.match(await tandem(['token', '--sub', 'ada'], { DATA_DIR }), { code: 2, stdout: '', stderr: /damaged/ });
});

t.test('token says why it cannot make one', async (t) => {
  const args = ['token', '--sub', 'ada'];
  t.match(await tandem(args, { STORE: 'memory' }), { code: 2, stdout: '', stderr: /running server alone/ });
  const JWKS_URL = 'https://keys.example/';
  t.match(await tandem(args, { JWKS_URL }), { code: 2, stdout: '', stderr: /needs JWT_SECRET/ });
  t.match(await tandem(['token', '--sub', ''], { JWT_SECRET: SECRET }), {
    code: 2,
    stdout: '',
    stderr: /sub/,
  });
  t.match(await tandem(['token'], { JWT_SECRET: SECRET }), { code: 1, stderr: /--sub/ });
  t.match(await tandem([...args, '--ttl', 'soon'], { JWT_SECRET: SECRET }), {
    code: 1,
    stderr: /a duration/,
  });
});

t.test('check shows the settings and what is wrong', async (t) => {
  const good = await tandem(['check'], { JWT_SECRET: SECRET, TICK_MS: '20', JWT_SECRETT: 'hidden' });
  t.equal(good.code, 0);
  t.match(good.stdout, /^\* TICK_MS +20$/m);
  t.match(good.stdout, /^ {2}WS_PORT +3001$/m);
  t.match(good.stdout, /^\* JWT_SECRET +\(set, not shown\)$/m);
  t.match(good.stdout, /^warning: JWT_SECRETT .*JWT_SECRET/m);
  t.match(good.stdout, 'The settings are valid (production mode).');
  t.notMatch(good.stdout, 'hidden');

  const fixed = await tandem(['check'], { JWT_SECRET: SECRET, MAX_CHAT_LENGTH: '20000' });
  t.match(fixed.stdout, /^warning: MAX_CHAT_LENGTH is part of the protocol and cannot be set\.$/m);

  const DATA_DIR = join(t.testdir(), 'data');
  t.match(await tandem(['check'], { DATA_DIR }), { code: 0, stdout: /development mode/ });
  const bad = await tandem(['check'], { TICK_MS: 'x', HOST: '0.0.0.0', DATA_DIR });
  t.equal(bad.code, 2);
  t.match(bad.stdout, /^error: TICK_MS is "x"/m);
  t.match(bad.stdout, /^error: HOST is "0.0.0.0"/m);
  t.notOk(existsSync(DATA_DIR), 'check makes no secret');
});

const anAddress = /^error: .*--url <url>.* Expected an address such as ws:\/\/\S+ .*\n$/;
const aToken = /^error: .*--token <token>.* Expected a token.*\n$/;

for (const command of ['watch', 'bench']) {
  t.test(`${command} says in one line which option is wrong, and what is expected`, async (t) => {
    const port = 'ws://127.0.0.1:1';
    for (const [args, says] of [
      [['--url', 'nonsense'], anAddress],
      [['--url', 'ftp://127.0.0.1/ws'], anAddress],
      [['--url', `${port}/ws#part`], anAddress],
      [['--url', port, '--token', 'hidden\nline'], aToken],
      [['--url', port, '--token', 'hidden€'], aToken],
    ] as const) {
      const { code, stdout, stderr } = await tandem([command, ...args]);
      t.match({ code, stdout, stderr }, { code: 1, stdout: '', stderr: says }, args.join(' '));
      t.notMatch(stderr, 'hidden');
    }
  });
}

t.test('watch takes an address of HTTP, too, and says where nobody answers', async (t) => {
  const { code, stderr } = await tandem(['watch', '--url', 'http://127.0.0.1:1/ws', '--token', 'a.b-c_d']);
  t.equal(code, 1);
  t.match(stderr, /^http:\/\/127\.0\.0\.1:1\/ws: .*ECONNREFUSED/);
});

t.test('serve prints every problem on a line of its own and exits with 2', async (t) => {
  const { code, stdout, stderr } = await tandem(['serve'], { TICK_MS: 'x', AUTH: 'y', STORE: 'memory' });
  t.equal(code, 2);
  t.equal(stdout, '');
  t.match(stderr, /^AUTH is "y".*\nTICK_MS is "x".*\n$/);
});

t.test('serve says in development mode, too, what was probably not meant', async (t) => {
  const env = { JWT_SECRET: '', JWT_SECERT: SECRET, STORE: 'memory', REDIS_URL: 'redis://cache' };
  const { output } = await started(t, env);
  t.match(output(), 'JWT_SECERT is not a setting and has no effect; JWT_SECRET is one.');
  t.match(output(), 'REDIS_URL has no effect with STORE=memory.');
  t.notMatch(output(), 'No key is set', 'that no key is set is said once');
});

for (const transport of ['uws', 'ws']) {
  t.test(`serve says what keeps it from listening and exits with 1 (${transport})`, async (t) => {
    const other = createServer().listen(0, '127.0.0.1');
    t.teardown(() => other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const env = { JWT_SECRET: SECRET, STORE: 'memory', TRANSPORT: transport, WS_PORT: String(port) };
    t.match(await tandem(['serve'], { ...env, HOST: '127.0.0.1' }), {
      code: 1,
      stderr: `Port ${port} is in use by another program. Stop it, or set WS_PORT`,
    });
    t.match(await tandem(['serve'], { ...env, HOST: '203.0.113.1' }), {
      code: 1,
      stderr: 'HOST 203.0.113.1 is not an address of this machine.',
    });
    const health = { HOST: '127.0.0.1', WS_PORT: '0', HEALTH_PORT: String(port) };
    t.match(await tandem(['serve'], { ...env, ...health }), { code: 1, stderr: `${port} is in use` });
  });
}

t.test('serve closes whatever the longest time for a handover is', { skip: noRedis }, async (t) => {
  const redis = await startRedis(t);
  const env = { STORE: 'redis', REDIS_URL: redis.url, HANDOVER_MS: String(2 ** 31 - 1) };
  const { child, ended, output } = await started(t, env);
  child.kill('SIGTERM');
  t.same(await ended, { code: 0, signal: null }, output());
});

for (const command of ['serve', 'cluster']) {
  t.test(
    `${command} is ended by a signal while it waits for Redis, too, and one that is repeated`,
    async (t) => {
      // It takes connections, and never answers.
      const redis = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
      t.teardown(() => redis.close());
      await once(redis, 'listening');
      const env = {
        PATH: process.env.PATH,
        ...{ HOST: '127.0.0.1', JWT_SECRET: SECRET, STORE: 'redis', TRANSPORT: 'uws' },
        REDIS_URL: `redis://127.0.0.1:${(redis.address() as AddressInfo).port}`,
      };
      const child = spawn(process.execPath, [...program, command], { env, stdio: 'ignore' });
      t.teardown(() => child.kill('SIGKILL'));
      await once(redis, 'connection');
      // As a terminal does and, after it, npm.
      child.kill('SIGINT');
      child.kill('SIGTERM');
      t.same(await once(child, 'exit'), [0, null]);
    },
  );
}
