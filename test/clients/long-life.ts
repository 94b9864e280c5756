import { queryObjects } from 'node:v8';
import { connect, type Room } from '../../clients/client/index.ts';
import { cameraMotion } from '../../clients/client/motion/index.ts';
import { text } from '../../clients/client/text/index.ts';
import { createManualClock } from '../support/manual-clock.ts';

/*
 * A client that listens for an hour of simulated time, to a server that is played: cameras, cursors, deltas, chat,
 * people who come and go, texts, events and lost connections. Prints what it holds at minute 10 and minute 60.
 */
const MINUTES = 60;
const STEPS_A_MINUTE = 600;
const { gc } = globalThis as { gc?: () => void };

type Listener = (event: object) => void;

const clock = createManualClock();
let socket: Played | undefined;
let offset = 0;
let version = 0;
let textVersion = 0;
const epoch = 'e';
const people = ['ada', 'ben', 'cem'];
/** As a server has it, to tell whoever comes back. */
let items: Record<string, object> = {};

class Played {
  readonly #listeners = new Map<string, Listener>();
  constructor() {
    socket = this;
    queueMicrotask(() => {
      this.#listeners.get('open')?.({});
      const limits = { MAX_MESSAGE_BYTES: 65536 };
      this.say({ type: 'welcome', connectionId: `c${offset}`, heartbeatMs: 30_000, tickMs: 16, limits });
    });
  }
  addEventListener(type: string, listener: Listener) {
    this.#listeners.set(type, listener);
  }
  close() {}
  end(code: number) {
    this.#listeners.get('close')?.({ code, reason: '' });
  }
  say(...messages: object[]) {
    this.#listeners.get('message')?.({ data: JSON.stringify(messages) });
  }
  send(frame: string) {
    const { type, ref, opId, operations, roomId = 'r', ts, since } = JSON.parse(frame);
    const head = { type: 'ack', op: type, ok: true, ref, opId, roomId, ts };
    if (type === 'join') {
      const whole = {
        manifest: { properties: {}, items },
        documents: { d: { version: textVersion, text: 'x' } },
      };
      this.say({ ...head, epoch, version, offset }, presence());
      // Nothing happens while it is away.
      if (since === undefined)
        this.say({ type: 'sceneState', roomId, epoch, version, offset, messages: [], ...whole });
    } else if (type === 'sceneOperation') this.delta(operations, head);
    else if (type === 'requestSync')
      this.say({ type: 'syncResponse', mode: 'full', roomId, documents: {}, epoch });
    else this.say({ ...head, version });
  }
  delta(operations: { type: string; id: string; data?: object }[], ack?: object) {
    const fromVersion = version;
    version += operations.length;
    offset += 1;
    for (const { type, id, data } of operations) {
      if (type === 'remove') delete items[id];
      else items = { ...items, [id]: { ...items[id], ...data } };
    }
    this.say({ type: 'sceneDelta', roomId: 'r', offset, fromVersion, toVersion: version, operations });
    if (ack !== undefined) this.say({ ...ack, version });
  }
}

const presence = () => ({ type: 'presence', roomId: 'r', users: people.map((userId) => ({ userId })) });

const client = connect('ws://played/ws', { WebSocket: Played, clock, text, transports: ['websocket'] });
const room: Room = client.join('r', { user: { userId: 'me' } });
const motion = cameraMotion(room, 'p', { now: clock.monotonic });
room.text('d');
const heard = { changes: 0, messages: 0, events: 0 };
room.scene.on('change', () => heard.changes++);
room.chat.on('message', () => heard.messages++);
room.on('event', () => heard.events++);

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

async function step(at: number): Promise<void> {
  const live = socket;
  if (live === undefined || client.status !== 'open') return;
  const from = { roomId: 'r', userId: people[at % people.length], connectionId: `other-${at % 3}` };
  live.say(
    { type: 'camera', planetId: 'p', camera: { position: { x: at, y: 0, z: 0 } }, ...from },
    { type: 'cursor', position: { x: at, y: 0 }, ...from },
  );
  const id = `i${at % 50}`;
  live.delta(
    items[id] === undefined
      ? [{ type: 'add', id, target: 'item', data: { id, x: at } } as never]
      : [{ type: at % 7 === 0 ? 'remove' : 'update', id, target: 'item', data: { x: at } } as never],
  );
  if (at % 10 === 0) {
    offset += 1;
    live.say({ type: 'message', id: `m${at}`, text: `message ${at}`, offset, at, ...from });
    offset += 1;
    live.say({ type: 'event', event: 'saved', data: { at }, id: `e${at}`, offset, timestamp: at, ...from });
    textVersion += 1;
    offset += 1;
    const operation = textVersion % 2 === 0 ? [{ d: 1 }] : ['y'];
    live.say({
      type: 'operation',
      documentId: 'd',
      operation,
      version: textVersion,
      offset,
      opId: `t${at}`,
      ...from,
    });
  }
  if (at % 10 === 5) {
    room.scene.update('mine', { x: at }).catch(() => {});
    room.cameras.move('p', { zoom: at });
    motion.of('ada');
  }
  if (at % 30 === 0) {
    // Somebody else each time.
    people[2] = `guest-${at}`;
    live.say(presence());
    live.say({ type: 'selection_state', roomId: 'r', selected: { [id]: [people[2]] } });
  }
  if (at % 50 === 0) room.selection.select(`thing-${at}`).then(() => room.selection.unselect(`thing-${at}`));
  if (at % 1200 === 0) live.end(1006);
}

/** What is alive after garbage was collected. */
async function held() {
  for (let turn = 0; turn < 4; turn++) {
    await settle();
    gc?.();
  }
  const kinds = {
    objects: Object,
    maps: Map,
    sets: Set,
    arrays: Array,
    promises: Promise,
    functions: Function,
  };
  const counts = Object.entries(kinds).map(([name, kind]) => [name, queryObjects(kind, { format: 'count' })]);
  return { ...Object.fromEntries(counts), heapBytes: process.memoryUsage().heapUsed };
}

clock.advance(0);
await settle();
await settle();
room.cameras.view('p');
const measured: object[] = [];
for (let minute = 1; minute <= MINUTES; minute++) {
  for (let at = 0; at < STEPS_A_MINUTE; at++) {
    await step(minute * STEPS_A_MINUTE + at);
    clock.advance(60_000 / STEPS_A_MINUTE);
    if (at % 10 === 0) await settle();
  }
  if (minute === 10 || minute === MINUTES) measured.push(await held());
}
const { status, pending } = room;
const cameras = room.cameras.of('p').size;
process.stdout.write(
  JSON.stringify({ measured, heard, status, pending, cameras, version: room.scene.version, at: version }),
);
client.close();
process.exit(0);
