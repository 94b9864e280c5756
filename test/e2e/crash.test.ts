import { isDeepStrictEqual } from 'node:util';
import t, { type Test } from 'tap';
import { openLmdbLog } from '../../server/log/lmdb.ts';
import type { Message } from '../support/wire.ts';
import { type ChildServer, startChildServer, unlimited } from './child-server.ts';
import { type Acknowledged, DOCUMENT, type Ledger, load, newLedger, watchInto } from './crash-load.ts';
import { ModelClient } from './model-client.ts';
import { randomFrom } from './random.ts';
import { foldStoredRoom, wholeOf } from './stored-room.ts';

/** For longer runs: CRASH_ROUNDS=200 CRASH_SEED=… */
const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 5);
const SEED = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
const CLIENTS = 20;
const ROOM = 'crash';

const settings = {
  ...unlimited,
  MAX_ROOM_USERS: '50',
  MAX_ITEMS: '10000000',
  MAX_SCENE_BYTES: '1000000000',
  MAX_TEXT_LENGTH: '10000000',
  KEPT_MESSAGES: '1000000',
};

t.setTimeout(550_000);

t.test(`${ROUNDS} times kill -9 under load, seed ${SEED}`, async (t) => {
  const random = randomFrom(SEED);
  const directory = t.testdir();
  const ledger = newLedger();
  const startedAt = performance.now();
  let server: ChildServer | undefined;
  let servedMs = 0;
  let crashes = 0;
  const start = async (round: number) => {
    const TRANSPORT = round % 2 === 0 ? 'uws' : 'ws';
    server = await startChildServer(t, { env: { ...settings, DATA_DIR: directory, TRANSPORT } });
  };
  const kill = async () => {
    const killed = server;
    server = undefined;
    await killed?.kill();
  };
  const newClient = (userId: string, batch: boolean, reconnects: boolean) =>
    new ModelClient({
      port: () => server?.port,
      userId,
      rooms: [ROOM],
      batch,
      reconnects,
      onMessage: (message) => watchInto(ledger, message),
    });

  await start(0);
  const users = Array.from({ length: CLIENTS }, (_, index) => `user${index}`);
  const clients = users.map((userId, index) => newClient(userId, index % 2 === 0, true));
  const ghosts: ModelClient[] = [];
  const all = <T>(action: (client: ModelClient) => Promise<T>) => Promise.all(clients.map(action));
  const atWork = clients.map((client) => load(client, ledger, CLIENTS, random));
  t.teardown(() => {
    for (const stop of atWork) stop();
    for (const client of [...clients, ...ghosts]) client.end();
  });

  for (let round = 1; round <= ROUNDS; round++) {
    const ghost = newClient(`ghost${round}`, round % 2 === 0, false);
    ghosts.push(ghost);
    const haunts = load(ghost, ledger, CLIENTS, random);
    ghost
      .until(() => ghost.joined, 'joined')
      .then(
        () => ghost.send({ type: 'select', roomId: ROOM, planetId: `lock${round}` }),
        () => {},
      );
    const begun = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 300 + random() * 2200));
    servedMs += performance.now() - begun;
    crashes += 1;
    await kill();
    haunts();
    await start(round);
    if (random() < 0.3) {
      // Once more, while they come back.
      await new Promise((resolve) => setTimeout(resolve, random() * 200));
      crashes += 1;
      await kill();
      await start(round);
    }
    await all((client) => client.until(() => client.joined, 'is back in the room'));
    if (round === ROUNDS) for (const stop of atWork) stop();
    // A ghost would never go away: nobody is there to be missed.
    await all((client) =>
      client.until(
        () =>
          isDeepStrictEqual(client.room.users, users.toSorted()) &&
          isDeepStrictEqual(client.room.selected, {}),
        `[PR5] presence without those who did not come back; it is ${client.room.users}`,
      ),
    );
    if (round % 3 === 0) await repeatsAreAnsweredAsBefore(t, clients, ledger);
  }
  t.pass('[PR5] after no crash is anybody left behind, nor a selection');

  await all((client) => client.until(() => client.outbox.size === 0, 'everything is acknowledged'));
  const whole = await (clients[0] as ModelClient).ask({ type: 'requestSync', roomId: ROOM });
  const batchWhole = await (clients[1] as ModelClient).ask({ type: 'requestSync', roomId: ROOM });
  const { version, manifest, documents, messages } = whole;
  const text = documents[DOCUMENT];
  const hasAll = ({ room }: ModelClient) =>
    room.version === version &&
    room.text(DOCUMENT).version === text.version &&
    room.messages.length === messages.length;
  // Who does not get there is told apart below.
  await all((client) =>
    client.until(() => hasAll(client), 'has caught up').catch((late) => t.comment(late.message)),
  );

  t.equal(whole.mode, 'full');
  t.ok(isDeepStrictEqual({ ...whole, ref: 0 }, { ...batchWhole, ref: 0 }), 'both framings tell the same');
  t.same(
    clients.flatMap((client) => client.allFaults).slice(0, 5),
    [],
    '[SC2] [RS2] [RS5] [NP8] for every client versions and offsets are contiguous, and answers in order',
  );
  t.same(clients.flatMap((client) => client.refusals).slice(0, 5), [], 'nothing was refused');
  const present = new Set(clients.flatMap(({ room }) => room.users));
  t.same([...present].sort(), users.toSorted(), '[PR5] nobody is shown who is not there');
  for (const { userId, room } of clients) {
    if (!isDeepStrictEqual(room.manifest, manifest)) t.fail(`${userId} has another scene`);
    if (room.text(DOCUMENT).text !== text.text) t.fail(`${userId} has another text`);
    if (!isDeepStrictEqual(room.messages, messages)) t.fail(`${userId} has other messages`);
  }
  checkScene(t, whole, ledger);
  checkTextAndChat(t, whole, ledger);

  await kill();
  const folded = await foldStoredRoom(await openLmdbLog({ directory }), ROOM);
  const again = await foldStoredRoom(await openLmdbLog({ directory }), ROOM);
  t.ok(
    isDeepStrictEqual({ version, manifest, documents, messages }, wholeOf(folded.state)),
    '[DU2] the log folded anew is the state that the server told',
  );
  t.ok(isDeepStrictEqual(folded, again), '[DU2] and every time the same');
  const resent = clients.reduce((sum, client) => sum + client.resent, 0);
  const states = clients.reduce((sum, client) => sum + client.room.states, 0);
  const connections = clients.reduce((sum, client) => sum + client.connections, 0);
  t.comment(
    `${crashes} crashes; ${version} operations, ${Math.round(version / ((performance.now() - startedAt) / 1000))}/s ` +
      `on the whole, in ${(servedMs / 1000).toFixed(1)} s of calm service, ` +
      `${text.version} text operations, ${messages.length} messages; ${connections} connections, ` +
      `${states} whole states, ${resent} commands sent again; ${folded.entries} entries after the last snapshot`,
  );
});

async function repeatsAreAnsweredAsBefore(t: Test, clients: ModelClient[], ledger: Ledger): Promise<void> {
  const latest = new Map<string, Acknowledged>();
  for (const one of ledger.scene.values()) latest.set(one.command.operations[0].data.by, one);
  const wrong: string[] = [];
  await Promise.all(
    clients.map(async (client) => {
      const one = latest.get(client.userId);
      if (one === undefined) return;
      const { type, op, ok, version } = await client.ask({ ...one.command, roomId: ROOM });
      if (type !== 'ack' || version !== one.answer.version)
        wrong.push(JSON.stringify({ one, type, op, ok, version }));
    }),
  );
  t.same(wrong, [], '[XO1] [XO2] what was acknowledged before the crash is answered as before');
}

const isGhost = (name: string) => name.startsWith('ghost');
const firstOf = (names: Iterable<string>, fits: (name: string) => boolean) =>
  [...names].filter(fits).slice(0, 5);

function checkScene(t: Test, { version, manifest }: Message, { scene, seen }: Ledger): void {
  const { items } = manifest;
  const lost = (ids: Iterable<string>) => firstOf(ids, (id) => items[id] === undefined);
  t.same(lost(scene.keys()), [], `[DU1] all ${scene.size} acknowledged commands are there`);
  t.same(lost(seen), [], `[DU1] and all ${seen.size} that anybody saw`);
  t.equal(version, 2 * Object.keys(items).length, '[XO1] [XO2] [SC4] each was applied once, and as a whole');
  const others = firstOf(Object.keys(items), (id) => !isGhost(id) && !scene.has(id));
  t.same(others, [], 'and no others, but of those who did not come back to ask');
  const versions = new Set([...scene.values()].map(({ answer }) => answer.version));
  t.equal(versions.size, scene.size, 'each was acknowledged with a version of its own');
}

function checkTextAndChat(t: Test, { documents, messages }: Message, ledger: Ledger): void {
  const characters = [...documents[DOCUMENT].text];
  const there = new Set(characters);
  t.equal(there.size, characters.length, '[XO1] no insert was applied twice');
  t.equal(documents[DOCUMENT].version, characters.length, '[TX2] each is one version');
  t.same(
    firstOf(ledger.characters, (one) => !there.has(one)),
    [],
    `[DU1] all ${ledger.characters.size} acknowledged inserts are there`,
  );
  const said = (messages as { id: string; text: string }[]).map(({ text }) => text);
  const saidOnce = new Set(said);
  const ids = new Set((messages as { id: string }[]).map(({ id }) => id));
  t.equal(saidOnce.size, said.length, '[XO1] no message was said twice');
  t.same(
    firstOf(ledger.chats, (words) => !saidOnce.has(words)),
    [],
    '[DU1] all acknowledged messages are there',
  );
  t.same(
    firstOf(ledger.seenMessages.keys(), (id) => !ids.has(id)),
    [],
    '[DU1] and all that anybody saw',
  );
  t.same(
    firstOf(said, (words) => !isGhost(words) && !ledger.chats.has(words)),
    [],
    'and no others',
  );
}
