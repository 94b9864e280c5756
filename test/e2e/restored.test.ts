import { cpSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Server } from '../../server/assembly/server-options.ts';
import { add, token } from '../native/person.ts';
import { connect, type TestClient } from '../support/client.ts';
import { silent, startServer } from '../support/servers.ts';

const edit = (text: string, version: number) => ({
  type: 'operation',
  documentId: 'd',
  operation: [text],
  version,
});

interface Life {
  readonly server: Server;
  /** What was logged as a warning. */
  readonly warnings: string[];
  member(userId: string, options?: object): Promise<TestClient>;
  stop(): Promise<void>;
}

/** A server on this data directory. */
async function start(t: Test, directory: string): Promise<Life> {
  const warnings: string[] = [];
  const logger = { ...silent, warn: (...line: unknown[]) => void warnings.push(String(line.at(-1))) };
  const server = await startServer({ STORE: 'lmdb', DATA_DIR: directory }, { logger });
  t.teardown(() => server.close());
  return {
    server,
    warnings,
    async member(userId, options = {}) {
      const one = await connect(server.port);
      const join = { type: 'join', roomId: 'room', user: { userId }, scene: true, ...options };
      t.match(await one.ask(join), { type: 'ack' });
      await one.sync();
      return one;
    },
    stop: () => server.close(),
  };
}

async function addItems(one: TestClient, name: string, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await one.ask(add(`${name}${index}`));
}

async function position(one: TestClient): Promise<{ epoch: string; version: number; offset: number }> {
  const { epoch, version, offset } = await one.ask({ type: 'requestSync' });
  return { epoch, version, offset };
}

const stateOf = async ({ server }: Life, headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${server.port}/api/rooms/room/state`, {
    headers: { authorization: `Bearer ${await token({ sub: 'backend', scope: 'publish' })}`, ...headers },
  });

const news = ({ messages }: TestClient) =>
  messages.filter(({ type }) => type === 'sceneState' || type === 'sceneDelta');

t.test('[RS1] who had more than a backup that is restored gets the whole state', async (t) => {
  const both = t.testdir({ original: {}, restored: {} });
  const [original, restored] = [join(both, 'original'), join(both, 'restored')];
  let life = await start(t, original);
  let ada = await life.member('ada');
  await addItems(ada, 'kept', 10);
  await ada.ask(edit('kept', 0));
  await life.stop();
  cpSync(join(original, 'data.mdb'), join(restored, 'data.mdb'));

  life = await start(t, original);
  ada = await life.member('ada');
  await addItems(ada, 'gone', 5);
  await ada.ask(edit('gone', 1));
  const since = await position(ada);
  const etag = (await stateOf(life)).headers.get('etag') ?? '';
  t.equal((await stateOf(life, { 'if-none-match': etag })).status, 304);
  await life.stop();

  life = await start(t, restored);
  t.match(life.warnings, [/copy/], 'it is logged that the store is a copy');
  const ben = await life.member('ben');
  await addItems(ben, 'new', 5);
  await ben.ask(edit('new', 1));
  t.equal((await stateOf(life, { 'if-none-match': etag })).status, 200, 'of the same version, but another');
  t.match(await ben.ask({ type: 'requestSync', ...since }), { mode: 'full', version: since.version });
  await addItems(ben, 'later', 5);
  ada = await life.member('ada', { since });
  const documents = { d: { version: 2, text: 'newkept' } };
  t.match(news(ada), [{ type: 'sceneState', version: since.version + 5, documents }]);
  const told = await ben.ask({ type: 'requestSync' });
  t.strictSame((await ada.ask({ type: 'requestSync' })).manifest, told.manifest);
  const later = await position(ada);
  t.not(later.epoch, since.epoch);
  await life.stop();

  life = await start(t, restored);
  t.same(life.warnings, []);
  await addItems(await life.member('ben'), 'last', 1);
  ada = await life.member('ada', { since: later });
  t.match(news(ada), [{ type: 'sceneDelta', fromVersion: later.version }], 'once: a restart is none');
  await life.stop();

  life = await start(t, original);
  t.same(life.warnings, []);
  ada = await life.member('ada', { since });
  t.same(news(ada), [], 'what was not copied goes on as it was');
});
