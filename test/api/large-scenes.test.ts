import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import t from 'tap';
import { Scenes } from '../../server/backend/scenes.ts';
import type { RoomView } from '../../server/dialect/events.ts';
import { emptyRoom } from '../../server/room/state.ts';
import { token } from '../native/person.ts';
import { startServer } from '../support/servers.ts';

t.setTimeout(200_000);

const MIB = 1024 * 1024;
const ITEMS = 8;
const READERS = 60;

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(
    `[HT4] who asks for a large scene and does not read costs no copy of it (${TRANSPORT})`,
    async (t) => {
      const server = await startServer({
        TRANSPORT,
        MAX_MESSAGE_BYTES: String(MIB),
        MAX_SCENE_BYTES: String(16 * MIB),
      });
      t.teardown(() => server.close());
      const url = (path: string) => `http://127.0.0.1:${server.port}${path}`;
      const authorization = `Bearer ${await token({ sub: 'ada' })}`;
      for (let index = 0; index < ITEMS; index++) {
        const operation = {
          type: 'add',
          target: 'item',
          id: `i${index}`,
          data: { text: 'x'.repeat(0.9 * MIB) },
        };
        const { status } = await fetch(url('/rooms/r/operations'), {
          method: 'POST',
          headers: { authorization, 'content-type': 'application/json' },
          body: JSON.stringify({ clientId: 'a', operation }),
        });
        t.equal(status, 200);
      }
      const state = await (await fetch(url('/rooms/r/state'), { headers: { authorization } })).text();
      t.equal(Object.keys(JSON.parse(state).manifest.items).length, ITEMS);

      const before = process.memoryUsage().rss;
      const readers: Socket[] = [];
      t.teardown(() => readers.map((one) => one.destroy()));
      for (let count = 0; count < READERS; count++) {
        const socket = connect({ port: server.port, host: '127.0.0.1' });
        socket.pause();
        socket.on('error', () => {});
        await once(socket, 'connect');
        socket.write(
          `GET /rooms/r/state HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\n`,
        );
        readers.push(socket);
      }
      const answered = new RegExp(
        `^tandem_http_requests_total\\{route="roomState",status="200"\\} ${READERS + 1}$`,
        'm',
      );
      while (!answered.test(await (await fetch(url('/metrics'))).text()));
      const grown = (process.memoryUsage().rss - before) / MIB;
      t.ok(grown < (READERS * ITEMS) / 4, `${Math.round(grown)} MiB for ${READERS} of ${ITEMS} MiB`);
      t.match((await fetch(url('/health'))).status, 200);

      const [first, last] = [readers[0], readers.at(-1)];
      for (const one of [first, last]) {
        const chunks: Buffer[] = [];
        one?.on('data', (chunk) => chunks.push(chunk));
        one?.resume();
        await once(one as Socket, 'end');
        const [head, body] = Buffer.concat(chunks).toString().split('\r\n\r\n');
        t.match(head, new RegExp(`content-length: ${state.length}`, 'i'));
        t.ok(body === state, 'who reads on gets all of it');
      }
    },
  );
}

t.test('a scene is encoded once while it stands, and forgotten when nobody asks for it', async (t) => {
  const state = emptyRoom();
  const view: RoomView = { roomId: 'r', epoch: 'e', state, lastSeen: () => 0 };
  const scenes = new Scenes();
  const body = scenes.encoded(view).body();
  t.same(JSON.parse(Buffer.from(body).toString()), {
    roomId: 'r',
    epoch: 'e',
    version: 0,
    manifest: { properties: {}, items: {} },
  });
  t.equal(scenes.encoded(view).body(), body);
  state.scene.version = 1;
  const { etag, body: next } = scenes.encoded(view);
  t.equal(etag, '"e:1"');
  t.not(next(), body);
  for (let sweep = 0; sweep < 5; sweep++) scenes.sweep();
  const kept = next();
  for (let sweep = 0; sweep < 6; sweep++) scenes.sweep();
  t.not(next(), kept);
});
