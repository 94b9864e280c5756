import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { fixedLimits, limits } from '../protocol/limits.ts';
import { checkSettings } from '../server/commands/check.ts';
import { ConfigError, type Environment, readConfig } from '../server/config.ts';
import { isLoopback } from '../server/settings/keys.ts';
import { editDistance, meantName } from '../server/settings/misspelt.ts';
import { type SettingName, settingNames, settings, settingsTable } from '../server/settings/table.ts';

const SECRET = 'a secret of more than thirty-two bytes';

function problemsOf(env: Environment): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ setting }) => setting);
    throw error;
  }
  return [];
}

function messageOf(env: Environment): string {
  try {
    readConfig(env);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

t.test('without any setting it is development mode', async (t) => {
  const made = new Uint8Array(32).fill(7);
  const config = readConfig({}, ({ store, dataDir }) => {
    t.same([store, dataDir], ['lmdb', './data']);
    return made;
  });
  t.match(config, {
    mode: 'development',
    host: '127.0.0.1',
    port: 3001,
    healthPort: undefined,
    auth: 'optional',
    store: 'lmdb',
    corsOrigins: [],
    tickMs: 16,
    rates: {
      commands: { count: 60, windowMs: 10_000, burst: 60 },
      stream: { count: 60, windowMs: 1000, burst: 120 },
    },
    lockTtlMs: 300_000,
    heartbeatMs: 30_000,
    heartbeatGraceMs: 90_000,
    pingIntervalMs: 25_000,
    pingTimeoutMs: 60_000,
    connectTimeoutMs: 10_000,
    logLevel: 'info',
    transport: undefined,
    maxRoomUsers: undefined,
  });
  t.same(config.keys, { kind: 'secret', secret: made });
  t.same(config.limits, limits);
});

t.test('with a key it serves the network and asks for tokens', async (t) => {
  const config = readConfig({ JWT_SECRET: SECRET }, () => t.fail('no secret is made') as never);
  t.match(config, { mode: 'production', host: '0.0.0.0', auth: 'required', warnings: [] });
  t.equal(readConfig({ JWT_SECRET: SECRET, AUTH: 'optional' }).auth, 'optional');
});

t.test('the pages are served in development mode, and where they are asked for', async (t) => {
  t.ok(readConfig({}).pages);
  t.notOk(readConfig({ DEMO: '0' }).pages);
  t.notOk(readConfig({ JWT_SECRET: SECRET }).pages);
  t.ok(readConfig({ JWT_SECRET: SECRET, DEMO: '1' }).pages);
  t.same(problemsOf({ DEMO: 'yes' }), ['DEMO']);
});

t.test('two development secrets differ', async (t) => {
  t.notSame(readConfig({}).keys, readConfig({}).keys);
});

t.test('without a key only loopback addresses may be set', async (t) => {
  for (const HOST of ['0.0.0.0', '192.168.1.2', '::', '127.evil.example', '128.0.0.1']) {
    t.same(problemsOf({ HOST }), ['HOST'], HOST);
    t.same(problemsOf({ HOST, JWT_SECRET: SECRET }), [], `${HOST} with a key`);
  }
  for (const HOST of ['127.0.0.1', '127.0.0.2', 'localhost', '::1', '[::1]']) {
    t.same(problemsOf({ HOST }), [], HOST);
    t.ok(isLoopback(HOST));
  }
});

t.test('every problem is listed, with name, value and what was expected', async (t) => {
  const message = messageOf({
    WS_PORT: '70000',
    AUTH: 'maybe',
    RATE_LIMIT: '60 per minute',
    CORS_ORIGIN: 'https://app.example,app.example',
    MAX_ITEMS: 'many',
    HOST: '0.0.0.0',
  });
  t.same(message.split('\n').length, 6);
  t.match(message, 'WS_PORT is "70000": expected a whole number from 0 to 65535');
  t.match(message, 'AUTH is "maybe": expected required or optional');
  t.match(message, 'RATE_LIMIT is "60 per minute": expected a count and a time such as 60/10s');
  t.match(message, 'MAX_ITEMS is "many": expected a whole number of at least 1');
});

t.test('secrets are never shown', async (t) => {
  const env = { JWT_PUBLIC_KEY: 'hidden-key', REDIS_URL: 'hidden-url', JWT_SECRET: 'hidden-secret' };
  t.match(messageOf(env), 'JWT_PUBLIC_KEY is (not shown)');
  t.notMatch(messageOf(env), 'hidden');
  t.notMatch(checkSettings(env).lines.join('\n'), 'hidden');
});

t.test('the store on Redis has an address, keys with a prefix, and a patience', async (t) => {
  t.match(messageOf({ STORE: 'redis' }), /REDIS_URL: expected to be set with STORE=redis/);
  t.same(problemsOf({ STORE: 'redis', REDIS_URL: 'redis://cache', REDIS_PREFIX: 'a{b}' }), ['REDIS_PREFIX']);
  const { redis } = readConfig({ JWT_SECRET: SECRET, STORE: 'redis', REDIS_URL: 'redis://cache:1/2' });
  t.match(redis, { url: new URL('redis://cache:1/2'), prefix: 'tandem:', timeoutMs: 5000 });
  t.equal(readConfig({ JWT_SECRET: SECRET }).redis, undefined);
});

t.test('a port is shared only by those who share their rooms', async (t) => {
  const shared = { JWT_SECRET: SECRET, PORT_SHARING: 'on', STORE: 'redis', REDIS_URL: 'redis://cache' };
  t.equal(readConfig(shared).sharesPort, true);
  t.equal(readConfig({ JWT_SECRET: SECRET }).sharesPort, false);
  t.same(problemsOf({ PORT_SHARING: 'on' }), ['PORT_SHARING']);
  t.same(problemsOf({ ...shared, TRANSPORT: 'ws' }), ['PORT_SHARING']);
});

t.test('settings that contradict each other are problems', async (t) => {
  t.same(problemsOf({ HEARTBEAT_GRACE_MS: '20000' }), ['HEARTBEAT_GRACE_MS']);
  t.same(problemsOf({ LOCK_TTL_MS: '10000' }), ['LOCK_TTL_MS']);
  t.same(problemsOf({ MAX_FRAME_BYTES: '1000' }), ['MAX_FRAME_BYTES']);
  t.same(problemsOf({ JWT_SECRET: SECRET, JWKS_URL: 'https://keys.example/' }), ['JWT_SECRET']);
});

t.test(
  'Socket.IO’s pings may take as long together as a timer can wait, for its clients wait for both',
  async (t) => {
    const PING_TIMEOUT_MS = '60000';
    t.same(problemsOf({ PING_INTERVAL_MS: String(2 ** 31 - 1 - 60_000), PING_TIMEOUT_MS }), []);
    const env = { PING_INTERVAL_MS: String(2 ** 31 - 60_000), PING_TIMEOUT_MS };
    t.same(problemsOf(env), ['PING_TIMEOUT_MS']);
    t.match(messageOf(env), /"60000": expected .*PING_INTERVAL_MS \(2147423648\).*2147483647/);
  },
);

t.test('frames and buffers stay within what µWS can count', async (t) => {
  t.same(problemsOf({ MAX_FRAME_BYTES: String(2 ** 31 - 1), MAX_BUFFERED_BYTES: String(2 ** 32 - 1) }), []);
  t.same(problemsOf({ MAX_FRAME_BYTES: String(2 ** 31) }), ['MAX_FRAME_BYTES']);
  t.same(problemsOf({ MAX_BUFFERED_BYTES: String(2 ** 32) }), ['MAX_BUFFERED_BYTES']);
  t.match(messageOf({ MAX_FRAME_BYTES: String(2 ** 31) }), 'a whole number from 1 to 2147483647');
});

const WEBHOOKS = `whsec_${'QUFB'.repeat(10)}`;

for (const name of ['AUTHORIZE', 'WEBHOOK']) {
  t.test(`${name}_URL needs a secret that signs, and is not read by others`, async (t) => {
    const env = { JWT_SECRET: SECRET, [`${name}_URL`]: 'https://app.example/asked' };
    t.same(problemsOf(env), [`${name}_SECRET`]);
    t.same(problemsOf({ ...env, [`${name}_SECRET`]: 'short' }), [`${name}_SECRET`, `${name}_SECRET`]);
    const whole = { ...env, [`${name}_SECRET`]: WEBHOOKS };
    t.same(readConfig(whole).warnings, []);
    const { authorizer, webhooks } = readConfig(whole);
    const address = {
      url: new URL('https://app.example/asked'),
      secret: new Uint8Array(Buffer.from('A'.repeat(30))),
    };
    t.match((name === 'WEBHOOK' ? webhooks : authorizer)?.address, address);
    t.same(problemsOf({ ...whole, [`${name}_URL`]: 'https://a:b@app.example/' }), [`${name}_URL`]);
    t.equal(readConfig({ ...whole, [`${name}_URL`]: 'http://app.example/' }).warnings.length, 1);
    t.equal(readConfig({ ...whole, [`${name}_URL`]: 'http://127.0.0.1:8000/' }).warnings.length, 0);
    t.equal(readConfig({ JWT_SECRET: SECRET, [`${name}_SECRET`]: WEBHOOKS }).warnings.length, 1);
    t.same(readConfig({ JWT_SECRET: SECRET }).authorizer, undefined);
    t.notMatch(
      messageOf({ ...env, [`${name}_URL`]: 'nonsense', [`${name}_SECRET`]: 'hidden' }),
      /hidden|nonsense/,
    );
  });
}

t.test('an empty variable is not set', async (t) => {
  t.equal(readConfig({ JWT_SECRET: '', WS_PORT: ' ', AUTH: '' }).mode, 'development');
});

t.test('the health port', async (t) => {
  t.equal(readConfig({ HEALTH_PORT: '3001' }).healthPort, undefined);
  t.equal(readConfig({ HEALTH_PORT: '3002' }).healthPort, 3002);
  t.equal(readConfig({ HEALTH_PORT: '0', WS_PORT: '0' }).healthPort, 0);
});

t.test('every limit can be set by its own name, but for those that the schemas state', async (t) => {
  const fixed: readonly string[] = fixedLimits;
  const names = Object.keys(limits) as (keyof typeof limits)[];
  for (const name of names.filter((one) => !fixed.includes(one))) {
    const value = limits[name] + 1;
    t.equal(readConfig({ [name]: String(value) }).limits[name], value, name);
  }
  for (const name of fixedLimits) {
    const { limits: own, warnings } = readConfig({ [name]: '7' });
    t.equal(own[name], limits[name], name);
    t.same(warnings, [`${name} is part of the protocol and cannot be set.`]);
  }
  const config = readConfig({ MAX_ROOM_USERS: '20' });
  t.equal(config.maxRoomUsers, 20);
});

t.test('numbers are whole and decimal', async (t) => {
  for (const TICK_MS of ['0', '-1', '1.5', '1e2', '0x10', '16ms', 'NaN']) {
    t.same(problemsOf({ TICK_MS }), ['TICK_MS'], TICK_MS);
  }
  t.same(problemsOf({ LOCK_TTL_MS: '2147483648' }), ['LOCK_TTL_MS'], 'no timer waits that long');
});

t.test('rates', async (t) => {
  const { rates } = readConfig({ RATE_LIMIT: '5/500ms', STREAM_LIMIT: '100/s' });
  t.same(rates.commands, { count: 5, windowMs: 500, burst: 5 });
  t.same(rates.stream, { count: 100, windowMs: 1000, burst: 200 });
  for (const RATE_LIMIT of ['60', '60/', '/10s', '0/10s', '60/0s', '60/10', '60/10s/1', '6e1/10s']) {
    t.same(problemsOf({ RATE_LIMIT }), ['RATE_LIMIT'], RATE_LIMIT);
  }
  t.equal(readConfig({ RATE_LIMIT: '1000000/1s' }).rates.commands.count, 1_000_000);
  t.match(messageOf({ RATE_LIMIT: '1000001/1s' }), /"1000001\/1s": expected .* 1000000 at most$/);
});

t.test('proxies that are trusted', async (t) => {
  t.equal(readConfig({}).trustedProxies, undefined);
  const { trustedProxies } = readConfig({ TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.7,fd00::/8' });
  for (const [address, type] of [
    ['10.1.2.3', 'ipv4'],
    ['192.0.2.7', 'ipv4'],
    ['fd00::1', 'ipv6'],
  ] as const)
    t.ok(trustedProxies?.check(address, type), address);
  t.notOk(trustedProxies?.check('192.0.2.8', 'ipv4'));
  for (const TRUSTED_PROXIES of [
    'proxy',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0',
    '::/129',
    '10.0.0.1,,10.0.0.2',
    '*',
    '10.0.0.1:80',
  ])
    t.same(problemsOf({ TRUSTED_PROXIES }), ['TRUSTED_PROXIES'], TRUSTED_PROXIES);
  t.throws(() => readConfig({ TRUSTED_PROXIES: 'proxy' }), {
    message:
      'TRUSTED_PROXIES is "proxy": expected addresses and ranges such as 10.0.0.7, 10.0.0.0/8 or fd00::/8, separated by commas',
  });
});

t.test('origins', async (t) => {
  const { corsOrigins } = readConfig({ CORS_ORIGIN: 'https://App.example/, http://localhost:5173,*' });
  t.same(corsOrigins, ['https://app.example', 'http://localhost:5173', '*']);
  for (const CORS_ORIGIN of [
    'app.example',
    'https://a.example/path',
    'null',
    'https://a.example,',
    'https://*.a.example',
    'https://*',
    'ftp://a',
  ]) {
    t.same(problemsOf({ CORS_ORIGIN }), ['CORS_ORIGIN'], CORS_ORIGIN);
  }
  t.throws(() => readConfig({ CORS_ORIGIN: 'https://*.a.example' }), {
    message:
      'CORS_ORIGIN is "https://*.a.example": expected whole origins such as https://app.example, separated by commas, or * for all',
  });
});

t.test('public keys', async (t) => {
  const pem = { type: 'spki', format: 'pem' } as const;
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ed = generateKeyPairSync('ed25519');
  const cases = [
    [ec.publicKey, ['ES256']],
    [rsa.publicKey, ['RS256', 'PS256']],
    [ed.publicKey, ['EdDSA', 'Ed25519']],
  ] as const;
  for (const [key, algorithms] of cases) {
    const text = String(key.export(pem));
    for (const JWT_PUBLIC_KEY of [text, text.replaceAll('\n', '\\n')]) {
      const { keys, mode } = readConfig({ JWT_PUBLIC_KEY });
      t.equal(mode, 'production');
      t.same(keys.kind === 'public' && keys.algorithms, algorithms);
    }
  }
  const refused = {
    'a private key': ec.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    'RSA of 1024 bits': generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export(pem),
    'another curve': generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export(pem),
    'a key for agreement': generateKeyPairSync('x25519').publicKey.export(pem),
    'a broken key': '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----',
  };
  for (const [name, key] of Object.entries(refused)) {
    t.same(problemsOf({ JWT_PUBLIC_KEY: String(key) }), ['JWT_PUBLIC_KEY'], name);
  }
});

t.test('warnings', async (t) => {
  const cases: [Environment, RegExp][] = [
    [{ JWT_SECERT: SECRET }, /JWT_SECERT is not a setting.*JWT_SECRET is one/],
    [{ JWT_SECRET: 'short' }, /5 bytes.*RFC 7518/],
    [{ JWT_SECRET: `${SECRET}\n` }, /white space/],
    [{ JWT_SECRET: SECRET, AUTH: 'optional' }, /guests/],
    [{ JWKS_URL: 'http://keys.example/jwks' }, /not https/],
    [{ JWT_SECRET: SECRET, REDIS_URL: 'redis://cache' }, /REDIS_URL has no effect/],
    [{ JWT_SECRET: SECRET, REDIS_PREFIX: 'a:' }, /REDIS_PREFIX has no effect/],
    [{ JWT_SECRET: SECRET, REDIS_TIMEOUT_MS: '100' }, /REDIS_TIMEOUT_MS has no effect/],
    [{ JWT_SECRET: SECRET, AUTHORIZE_DOWN: 'allow' }, /AUTHORIZE_DOWN has no effect without AUTHORIZE_URL/],
    [{ JWT_SECRET: SECRET, AUTHORIZE_CACHE_MS: '0' }, /AUTHORIZE_CACHE_MS has no effect/],
    [{ JWT_SECRET: SECRET, WEBHOOK_BATCH_MS: '10' }, /WEBHOOK_BATCH_MS has no effect without WEBHOOK_URL/],
    [{ JWT_SECRET: SECRET, STREAM_LIMIT: '10/1s' }, /MAX_OPERATIONS/],
    [{ JWT_SECRET: SECRET, JWT_SECRETT: 'x' }, /JWT_SECRETT is not a setting.*JWT_SECRET is one/],
  ];
  for (const [env, expected] of cases) {
    const { warnings } = readConfig(env);
    t.equal(warnings.length, 1, String(expected));
    t.match(warnings[0], expected);
  }
  t.same(readConfig({ JWKS_URL: 'http://127.0.0.1:9/jwks' }).warnings, []);
  t.same(readConfig({}).warnings, []);
  t.match(checkSettings({}).lines.at(-2), /^warning: .*development mode/);
  t.same(problemsOf({ JWKS_URL: 'https://user:pass@keys.example/' }), ['JWKS_URL']);
});

t.test('what was probably meant', async (t) => {
  t.equal(meantName('JWT_SERCET', settingNames), 'JWT_SECRET');
  t.equal(meantName('ws_port', settingNames), 'WS_PORT');
  t.equal(meantName('HEARTBEAT_GRACE', settingNames), 'HEARTBEAT_GRACE_MS');
  t.equal(meantName('LOGLEVEL', settingNames), 'LOG_LEVEL');
  for (const other of ['HOME', 'PATH', 'HOSTNAME', 'SHELL', 'PORT', 'USER', 'TERM', 'NODE_ENV', 'LANG']) {
    t.equal(meantName(other, settingNames), undefined, other);
  }
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      const distance = editDistance(a, b);
      return distance === editDistance(b, a) && (distance === 0) === (a === b);
    }),
  );
});

t.test('every default is valid by its own rule, and the table has a row for every setting', async (t) => {
  const rows = settingsTable().split('\n');
  for (const name of settingNames as SettingName[]) {
    const { fallback, form, about } = settings[name];
    if (fallback !== undefined) t.not(form.read(fallback), undefined, name);
    t.ok(
      rows.some((row) => row.startsWith(`| \`${name}\` |`) && row.includes(about)),
      name,
    );
  }
  const [head, rule, first = ''] = rows;
  t.same([head, rule], ['| setting | default | what |', '|---|---|---|']);
  t.match(first, /^\| `WS_PORT` \| `3001` \| port .* \|$/);
});
