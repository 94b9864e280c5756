import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { createLogger, redact } from '../server/logger.ts';
import { plain } from './e2e/plain-process.ts';

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.9R184LtMX-tsDDkOTnXcDbaOGLPnGwXFJTxDmZ8mWFQ';

function lines(run: (logger: ReturnType<typeof createLogger>) => void): string[] {
  const written: string[] = [];
  run(createLogger({ logLevel: 'info' }, { write: (line: string) => written.push(line) }));
  return written;
}

t.test('no token reaches the log, wherever it stands', async (t) => {
  const opaque = 's3cr3t-value';
  const written = lines((logger) => {
    logger.info({ token: opaque, auth: { deep: { deeper: { accessToken: opaque } } } }, 'fields');
    logger.info({ url: `/socket.io/?EIO=4&token=${opaque}&transport=polling` }, 'a URL');
    logger.info(
      { headers: { authorization: `Bearer ${opaque}`, cookie: `a=1; token=${opaque}` } },
      'headers',
    );
    logger.warn(`upgrade of /ws?token=${opaque} failed with Bearer ${opaque}`);
    logger.error({ err: new Error(`bad token ${TOKEN}`) }, 'error');
    logger.error({ frame: JSON.stringify({ type: 'auth', token: opaque }) }, 'quoted JSON');
    logger.child({ JWT_SECRET: opaque }).info({ url: `redis://user:${opaque}@cache/0` }, 'settings');
    logger.info(`glued-${TOKEN}`);
    logger.info({ url: `/x?next=%2F%3Ftoken%3D${opaque}` }, 'encoded');
  });
  t.equal(written.length, 9);
  for (const line of written) {
    t.notMatch(line, opaque);
    t.notOk(line.includes(TOKEN.slice(0, 30)), line);
    t.type(JSON.parse(line), 'object');
  }
  t.match(written[1], 'transport=polling');
});

t.test('the rest is left alone', async (t) => {
  const line = '{"level":30,"code":"TOKEN_EXPIRED","tokens":5,"userId":"ada","msg":"token expired"}';
  t.equal(redact(line), line);
});

t.test('the level', async (t) => {
  t.equal(lines((logger) => logger.debug('quiet')).length, 0);
});

t.test('no line is slow', async (t) => {
  // With a pattern that backtracks this takes minutes.
  for (const piece of ['eyJa-', 'eyJa.', 'redis://a:', 'bearer ', 'token\\', 'token" ', 'a', '.'])
    t.type(redact(piece.repeat(50_000)), 'string');
});

/** Runs a program with a log that goes to a file, whose size it can limit; what stands in there then. */
async function written(t: Test, program: string): Promise<string> {
  const beginning = `
    import { execFileSync } from 'node:child_process';
    import { fstatSync } from 'node:fs';
    import { createLogger } from ${JSON.stringify(new URL('../server/logger.js', import.meta.url).href)};
    const limit = (bytes) => execFileSync('prlimit', ['--pid', process.pid, \`--fsize=\${bytes}:\`]);
    const logger = createLogger({ logLevel: 'info' });
  `;
  const file = `${t.testdir({})}/log`;
  const node = [process.execPath, '--input-type=module', '--eval', beginning + program];
  const [command, ...args] = plain(node, true);
  const child = spawn(command, args, { stdio: ['ignore', openSync(file, 'w'), 'inherit'] });
  t.same(await once(child, 'exit'), [0, null]);
  return readFileSync(file, 'utf8');
}

t.test('on a full disk lines are dropped, and the program goes on', async (t) => {
  const text = await written(
    t,
    `
    logger.info('before');
    limit(20);
    for (let count = 0; count < 100; count++) logger.info('meanwhile');
    limit('unlimited');
    logger.info('after');
  `,
  );
  t.same(text.match(/(?<="msg":")\w+/g), ['before', 'after']);
});

t.test('nothing is added to a line of which only a part fits on the disk', async (t) => {
  const text = await written(
    t,
    `
    logger.info('before');
    limit(fstatSync(1).size + 10);
    for (let count = 0; count < 3; count++) logger.info('meanwhile');
    limit('unlimited');
    for (const message of ['after', 'later']) logger.info(message);
  `,
  );
  const [before, torn, ...after] = text.trimEnd().split('\n');
  t.match(JSON.parse(before ?? ''), { msg: 'before' });
  t.equal(torn?.length, 10);
  t.match(
    after.map((line) => JSON.parse(line)),
    [{ msg: 'after' }, { msg: 'later' }],
  );
});
