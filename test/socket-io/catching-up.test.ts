import { on, once } from 'node:events';
import t from 'tap';
import { WebSocket } from 'ws';
import { breakOff, onEach, type Person, type SocketStage } from './stage.ts';

const roomId = 'blueprint-1';
const pad = 'p'.repeat(8000);
/** More than fits beside each other into the buffers of the server and of the system. */
const COUNT = 1500;
const range = (count: number) => Array.from({ length: count }, (_, n) => n);
const env = {
  KEPT_EVENTS: '5000',
  KEPT_EVENT_BYTES: String(64 * 1024 * 1024),
  RATE_LIMIT: '100000/1s',
  STREAM_LIMIT: '100000/1s',
};

/** Comes back, and does not read yet. */
async function comeBackStalled(one: Person): Promise<WebSocket> {
  const open = new Promise<void>((resolve) => one.socket.io.once('open', resolve));
  one.socket.connect();
  await open;
  const { ws } = one.socket.io.engine.transport as unknown as { ws: WebSocket };
  ws.pause();
  return ws;
}

async function lags(at: SocketStage): Promise<void> {
  const metrics = async () => (await fetch(at.url('/metrics'))).text();
  while (!(await metrics()).includes('tandem_lagging_connections 1')) await new Promise(setImmediate);
}

/** Both are in the room; one breaks off. */
async function away(ada: Person, ben: Person): Promise<void> {
  for (const one of [ada, ben]) await one.ask('join_room', { roomId });
  await ben.ask('send_message', { roomId, message: 'hi' });
  await ada.next('message');
  await ada.next('connect');
  await breakOff(ada);
}

/** Adds things as a native client: for whoever was away one change, told thing by thing. */
async function write(at: SocketStage, count: number): Promise<void> {
  const socket = new WebSocket(at.url('/ws').replace('http', 'ws'));
  await once(socket, 'open');
  const ask = async (command: object) => {
    socket.send(JSON.stringify({ roomId, ref: 'mine', ...command }));
    for await (const [bytes] of on(socket, 'message')) if (JSON.parse(bytes).ok !== undefined) return;
  };
  await ask({ type: 'join', user: { userId: 'cy' } });
  for (let n = 0; n < count; n += 5) {
    const ids = range(5).map((more) => `b${n + more}/section`);
    const operations = ids.map((id) => ({ type: 'add', target: 'item', id, data: { pad } }));
    await ask({ type: 'sceneOperation', operations });
  }
  socket.close();
}

onEach(
  t,
  '[SO14] [SR3] who comes back and reads slowly gets all that it missed, in parts',
  async (t, start) => {
    const at = await start(env);
    const [ada, ben, cy] = await Promise.all(['ada', 'ben', 'cy'].map((as) => at.client({ as })));
    if (ada === undefined || ben === undefined || cy === undefined) throw new Error('nobody there');
    await away(ada, ben);
    const heard: number[] = [];
    const came: string[] = [];
    ada.socket.on('message', ({ message }) => heard.push(Number(message.slice(0, 4))));
    ada.socket.on('user_joined', ({ userName }) => came.push(userName));
    const missed = range(COUNT);
    const say = (n: number) =>
      ben.ask('send_message', { roomId, message: `${String(n).padStart(4, '0')}${pad}` });
    for (let n = 0; n < COUNT; n += 50) await Promise.all(missed.slice(n, n + 50).map(say));
    await cy.ask('join_room', { roomId });
    // As most applications do, however they are connected.
    ada.socket.on('connect', () => ada.emit('join_room', { roomId }));
    const ws = await comeBackStalled(ada);
    await lags(at);
    ws.resume();
    await ada.next('connect');
    t.equal(ada.socket.recovered, true);
    while (heard.length < COUNT) await ada.next('message');
    await ben.ask('typing', { roomId, isTyping: true });
    await ada.next('user_typing');
    t.same(heard, missed, 'once and in order');
    t.same(came, ['CY']);
  },
  ['websocket only'],
);

onEach(
  t,
  '[SO14] [SR3] also where that is one change of very many messages',
  async (t, start) => {
    const at = await start(env);
    const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
    await away(ada, ben);
    await write(at, COUNT);
    const heard: string[] = [];
    ada.socket.on('blueprint_update', ({ blueprintId }) => heard.push(blueprintId));
    const ws = await comeBackStalled(ada);
    await lags(at);
    ws.resume();
    await ada.next('connect');
    t.equal(ada.socket.recovered, true);
    while (heard.length < COUNT) await ada.next('blueprint_update');
    await ben.ask('typing', { roomId, isTyping: true });
    await ada.next('user_typing');
    t.same(
      heard,
      range(COUNT).map((n) => `b${n}`),
    );
  },
  ['websocket only'],
);
