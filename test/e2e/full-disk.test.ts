import { statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openLmdbLog } from '../../server/log/lmdb.ts';
import { connect, type TestClient } from '../support/client.ts';
import type { Message } from '../support/wire.ts';
import { type ChildServer, startChildServer, unlimited } from './child-server.ts';
import { foldStoredRoom, wholeOf } from './stored-room.ts';

const ROOM = 'full';
const VALUE_BYTES = 40_000;

t.setTimeout(550_000);

// A limit amid a page lets a part of a write through; one at the end of the file lets nothing through.
for (const [where, beyondBytes] of [
  ['amid a page', 100_500],
  ['at the end of the file', 0],
] as const) {
  for (const transport of ['uws', 'ws']) {
    t.test(`[ER5] on a disk that is full ${where} the server lives on, on ${transport}`, async (t) => {
      const directory = t.testdir();
      const env = { ...unlimited, DATA_DIR: directory, TRANSPORT: transport };
      const server = await startChildServer(t, { env, limited: true });
      const ada = await enter(server, 'ada');
      const bob = await enter(server, 'bob');
      const acknowledged = await addItems(ada, 10, 'before');
      server.limitFiles(statSync(join(directory, 'data.mdb')).size + beyondBytes);
      acknowledged.push(...(await untilRefused(ada)));
      t.equal(await server.ready(), 503, '/ready says 503');
      // What fits into pages that were freed may be accepted still; the rest, again and again, is not.
      acknowledged.push(...(await addItems(ada, 100, 'meanwhile')));
      t.match(await ada.ask({ type: 'heartbeat' }), { type: 'ack' }, 'the connection lives');
      await signalsFlow(t, ada, bob);
      const during = await ada.ask({ type: 'requestSync' });
      t.same(
        Object.keys(during.manifest.items).sort(),
        acknowledged.toSorted(),
        '[ER1] what was refused is not there',
      );

      server.limitFiles('unlimited');
      acknowledged.push(...(await addItems(ada, 5, 'after')));
      t.equal(
        acknowledged.filter((id) => id.startsWith('after')).length,
        5,
        'with room again everything goes on',
      );
      while ((await server.ready()) !== 200);
      t.pass('/ready says 200 again');
      t.equal(await versionSeen(bob), acknowledged.length, '[SC2] who was there has every operation');
      await server.kill();
      // LMDB's own report of a page that does not fit overruns a buffer of 100 bytes, and may end the process.
      const overruns = server.errors().match(/Attempting to write page at .*/g) ?? [];
      t.same(overruns.slice(0, 3), [], 'LMDB is not asked to write what finds no room');
      const { manifest } = wholeOf((await foldStoredRoom(await openLmdbLog({ directory }), ROOM)).state);
      t.same(
        Object.keys(manifest.items).sort(),
        acknowledged.toSorted(),
        '[DU1] all that was acknowledged is kept',
      );
    });
  }
}

async function enter({ port }: ChildServer, userId: string): Promise<TestClient> {
  const client = await connect(port);
  await client.ask({ type: 'join', roomId: ROOM, user: { userId }, scene: true });
  return client;
}

/** One after the other. Returns those that were acknowledged. */
async function addItems(client: TestClient, count: number, name: string): Promise<string[]> {
  const acknowledged: string[] = [];
  for (let index = 0; index < count; index++) {
    const id = `${name}${index}`;
    const data = { value: id.padEnd(VALUE_BYTES, '.') };
    const operation = { type: 'add', target: 'item', id, data };
    const answer = await client.ask({ type: 'sceneOperation', opId: id, operation });
    if (answer.type === 'ack') acknowledged.push(id);
    else if (answer.code !== 'LOG_UNAVAILABLE') throw new Error(JSON.stringify(answer));
  }
  return acknowledged;
}

async function untilRefused(client: TestClient): Promise<string[]> {
  const acknowledged: string[] = [];
  for (;;) {
    const added = await addItems(client, 1, `until${acknowledged.length}-`);
    if (added.length === 0) return acknowledged;
    acknowledged.push(...added);
  }
}

async function signalsFlow(t: Test, ada: TestClient, bob: TestClient): Promise<void> {
  const from = bob.messages.length;
  ada.send({ type: 'cursor', position: [1, 2] });
  t.match(await bob.next((one) => one.type === 'cursor', from), { userId: 'ada' }, 'signals flow');
}

async function versionSeen(client: TestClient): Promise<number> {
  await client.ask({ type: 'requestSync' });
  let version = 0;
  for (const { type, fromVersion, toVersion } of client.messages as Message[]) {
    if (type !== 'sceneDelta') continue;
    if (fromVersion !== version) throw new Error(`a delta from ${fromVersion} at ${version}`);
    version = toVersion;
  }
  return version;
}
