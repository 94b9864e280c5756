import t from 'tap';
import type { Application, ApplicationSocket, Broadcasts } from '../../server/index.ts';
import { rawSocket } from './raw.ts';
import { onEach } from './stage.ts';

t.setTimeout(550_000);

/** More than the bound and what the operating system takes for one that does not read. */
const MOST_EVENTS = 800;

const kinds: Readonly<Record<string, readonly unknown[]>> = {
  'text alone': ['x'.repeat(50_000)],
  'large bytes': [Buffer.alloc(50_000)],
  // The text goes over the bound, so that its bytes are lost alone.
  'few bytes behind a large text': ['x'.repeat(50_000), Buffer.from([1])],
};

onEach(
  t,
  'who misses an event of an application is sent away, whatever it was made of',
  async (t, start) => {
    for (const [what, args] of Object.entries(kinds)) {
      const clients: { socket: ApplicationSocket; everybody: Broadcasts }[] = [];
      const connected: Application['connected'] = (socket, everybody) => {
        clients.push({ socket, everybody });
      };
      const at = await start(
        { MAX_BUFFERED_BYTES: '1048576' },
        { applications: [{ namespace: '/app', connected }] },
      );
      const slow = await rawSocket(t, at);
      slow.send('40/app,');
      await slow.until((packet) => packet.startsWith('40/app,'));
      const [client] = clients;
      let isGone = false;
      client?.socket.onDisconnect(() => {
        isGone = true;
      });
      slow.pause();
      for (let count = 0; count < MOST_EVENTS && !isGone; count++) {
        client?.everybody.emit('event', ...args);
        await new Promise((resolve) => setImmediate(resolve));
      }
      t.ok(isGone, what);
    }
  },
  ['websocket only'],
);
