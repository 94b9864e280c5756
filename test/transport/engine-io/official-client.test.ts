import { Socket, type SocketOptions } from 'engine.io-client';
import fc from 'fast-check';
import { io } from 'socket.io-client';
import t from 'tap';
import { type EngineStage, onEach, settled } from './stage.ts';

type Transports = NonNullable<SocketOptions['transports']>;

function connect(at: EngineStage, transports: Transports, given: Partial<SocketOptions> = {}): Socket {
  return new Socket(`http://127.0.0.1:${at.port}`, { path: '/socket.io', transports, ...given });
}

/** Resolves with the arguments of the event. */
function event(socket: Socket, name: 'open' | 'upgrade' | 'close'): Promise<unknown[]> {
  return new Promise((resolve) => socket.once(name, (...args: unknown[]) => resolve(args)));
}

/** A message as text. The client shows an empty one as `undefined`. */
function textOf(data: string | ArrayBuffer | undefined): string {
  return typeof data === 'object' ? Buffer.from(data).toString() : (data ?? '');
}

for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']] as const) {
  onEach(t, `the official client over ${transports.join(' and ')} gets its echoes`, async (t, start) => {
    const at = await start({
      received(session, text, isBinary) {
        session.send(isBinary ? { binary: Buffer.from(text, 'hex') } : `4${text}`);
      },
    });
    const socket = connect(at, [...transports]);
    socket.binaryType = 'arraybuffer';
    const heard: string[] = [];
    const done = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        heard.push(typeof data === 'object' ? `<${textOf(data)}>` : textOf(data));
        if (data === 'end') resolve();
      });
    });
    const upgraded = transports.length > 1 ? event(socket, 'upgrade') : undefined;
    for (const message of ['a', Buffer.from('xy'), 'grüße', '']) socket.send(message);
    await upgraded;
    socket.send('end');
    await done;
    t.same(heard, ['a', '<xy>', 'grüße', '', 'end']);
    const pinged = new Promise((resolve) => socket.once('ping', () => resolve(undefined)));
    await settled(at);
    at.clock.advance(25_000);
    await pinged;
    const closed = event(socket, 'close');
    at.events.of('opened')[0]?.connection.close(4001, 'slow');
    t.same((await closed)[0], 'transport close');
  });

  onEach(t, `the official client over ${transports.join(' and ')} says goodbye`, async (t, start) => {
    const at = await start();
    const socket = connect(at, [...transports], { upgrade: false });
    await event(socket, 'open');
    socket.close();
    t.match(await at.events.first('closed'), { clean: true });
  });

  onEach(
    t,
    `[SO14] that of Socket.IO over ${transports.join(' and ')} has heard all that came before the close`,
    async (t, start) => {
      const at = await start();
      const socket = io(`http://127.0.0.1:${at.port}`, { transports: [...transports], reconnectionDelay: 1 });
      t.teardown(() => socket.disconnect());
      const { connection } = await at.events.first('received', ({ text }) => text.startsWith('0'));
      connection.send('40{"sid":"s","pid":"p"}');
      await new Promise<void>((resolve) => socket.once('connect', resolve));
      connection.send('42["news","mark"]');
      connection.close(4001, 'slow');
      const back = await at.events.first('received', (one) => one.connection !== connection);
      t.equal(back.text, '0{"pid":"p","offset":"mark"}');
    },
  );
}

/** How the server hands out the next number, and how many turns it then waits. */
const step = fc.record({
  by: fc.constantFrom('send', 'publish', 'binary'),
  turns: fc.nat(3),
});

onEach(t, 'amid an upgrade every message arrives once and in order, both ways', async (t, start) => {
  const at = await start();
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 60 }),
    fc.array(fc.nat(3), { maxLength: 30 }),
    async (steps, pauses) => {
      const socket = connect(at, ['polling', 'websocket']);
      socket.binaryType = 'arraybuffer';
      const heard: number[] = [];
      let wake = () => {};
      socket.on('message', (data) => {
        heard.push(Number(textOf(data)));
        wake();
      });
      const upgraded = event(socket, 'upgrade');
      await event(socket, 'open');
      const session = await at.session((socket as unknown as { id: string }).id);
      session.subscribe(session.id);

      const serverTalks = async () => {
        for (const [number, { by, turns }] of steps.entries()) {
          if (by === 'send') session.send(`4${number}`);
          else if (by === 'publish') at.transport.publish(session.id, `4${number}`);
          else session.send({ binary: Buffer.from(`${number}`) });
          for (let left = turns; left > 0; left -= 1) await turn();
        }
      };
      const clientTalks = async () => {
        for (const [number, turns] of pauses.entries()) {
          socket.send(`${number}`);
          for (let left = turns; left > 0; left -= 1) await turn();
        }
      };
      await Promise.all([serverTalks(), clientTalks(), upgraded]);
      socket.send('end');
      await at.events.first('received', (one) => one.connection === session && one.text === 'end');
      while (heard.length < steps.length) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      session.send(`4${steps.length}`);
      while (heard.at(-1) !== steps.length) await turn();
      t.same(heard, [...steps.keys(), steps.length]);
      t.same(
        at.events.of('received', session).map(({ text }) => text),
        [...pauses.keys(), 'end'].map(String),
      );
      const closed = at.events.first('closed', ({ connection }) => connection === session);
      socket.close();
      await closed;
    },
  );
  await fc.assert(property, { numRuns: 60 });
});
