import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { WebSocket } from 'ws';
import { Poller } from '../socket-io/poller.ts';
import { tokenOf } from '../socket-io/stage.ts';
import { startServer } from '../support/servers.ts';
import { unlimited } from './child-server.ts';

const MIB = 1024 * 1024;
/** The bound, one published frame and one answer more. */
const BUFFER_BYTES = 1.25 * MIB;
/** As large as they may be, with the rest of the packet. */
const text = 'x'.repeat(30_000);

/** Nobody is given up, however long a slow machine takes for this. */
const patient = { DRAIN_TIMEOUT_MS: '600000', PING_INTERVAL_MS: '600000' };

t.setTimeout(550_000);

interface Delta {
  delta: { operations: { id: string; data: object }[]; toVersion: number };
}
interface Whole {
  manifest: { items: Record<string, object> };
  version: number;
}

/** A scene as a client of that application keeps it. */
function sceneOf(events: readonly [string, ...unknown[]][]): { version: number; items: object } {
  let version = -1;
  let items: Record<string, object> = {};
  for (const [name, data] of events) {
    if (name === 'sceneJoined') ({ version, items } = fromWhole(data as Whole));
    if (name !== 'sceneDelta') continue;
    const { operations, toVersion } = (data as Delta).delta;
    for (const { id, data } of operations) items[id] = { ...items[id], ...data };
    version = toVersion;
  }
  return { version, items };
}

function fromWhole({ manifest, version }: Whole) {
  return { version, items: { ...manifest.items } };
}

for (const transport of ['uws', 'ws']) {
  t.test(
    `[SR1] [SR2] [SR3] slow ones in a busy scene, over long-polling and a WebSocket (${transport})`,
    async (t) => {
      const server = await startServer({ ...unlimited, ...patient, TRANSPORT: transport });
      t.teardown(() => server.close());
      const buffered = async () => {
        const metrics = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
        return Number(/^tandem_buffered_bytes (\d+)$/m.exec(metrics)?.[1]);
      };
      const join = { projectId: 'p', sceneId: 's' };

      const poller = new Poller(server.port, '/scenes');
      t.teardown(() => poller.end());
      await poller.open(await tokenOf('polling'));
      await poller.emit('joinScene', join);
      const slow = await websocket(server.port, 'slow');
      const busy = await websocket(server.port, 'busy');
      t.teardown(() => [slow, busy].map(({ socket }) => socket.terminate()));
      for (const one of [slow, busy]) one.emit('joinScene', join);
      const everybody = [poller, slow, busy];
      for (const { events } of everybody) await until(() => events.some(([name]) => name === 'sceneJoined'));
      await until(() => sceneOf(poller.events).version === 0);

      poller.pause();
      slow.socket.pause();
      let most = 0;
      let version = 0;
      const paint = async () => {
        busy.emit('sceneOperation', {
          type: version < 40 ? 'add' : 'update',
          target: 'item',
          id: `i${version % 40}`,
          data: { text, version },
        });
        version += 1;
        await until(() => lastVersion(busy.events) === version);
      };
      // More than the operating system takes for one that does not read.
      for (let count = 0; count < 400; count++) {
        await paint();
        if (count % 20 === 0) most = Math.max(most, await buffered());
      }
      most = Math.max(most, await buffered());
      t.ok(most > MIB, `they were behind, by ${most} bytes`);
      t.ok(most < 2 * BUFFER_BYTES, 'and by no more than the bound');

      poller.resume();
      slow.socket.resume();
      await paint();
      const wanted = sceneOf(busy.events);
      for (const { events } of [poller, slow]) await until(() => sceneOf(events).version === version);
      for (const { events } of [poller, slow]) {
        t.ok(isDeepStrictEqual(sceneOf(events), wanted), 'the scene is the same');
      }
      await until(async () => (await buffered()) === 0);
    },
  );
}

function lastVersion(events: readonly [string, ...unknown[]][]): number | undefined {
  const last = events.findLast(([name]) => name === 'sceneDelta');
  return (last?.[1] as Delta | undefined)?.delta.toVersion;
}

/** A client in `/scenes`, packet by packet, that can stop reading. */
async function websocket(port: number, userId: string) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
  const events: [string, ...unknown[]][] = [];
  await once(socket, 'open');
  socket.send(`40/scenes,${JSON.stringify({ token: await tokenOf(userId) })}`);
  socket.on('message', (bytes) => {
    const packet = bytes.toString();
    if (packet === '2') socket.send('3');
    if (packet.startsWith('42')) events.push(JSON.parse(packet.slice(packet.indexOf('['))));
  });
  const emit = (event: string, data: object) => socket.send(`42/scenes,${JSON.stringify([event, data])}`);
  await until(() => events.some(([name]) => name === 'connected'));
  return { socket, events, emit };
}

/** Looks again after everything that can happen at once has happened. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}
