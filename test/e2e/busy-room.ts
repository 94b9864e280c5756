import type { Message } from '../support/wire.ts';
import { ModelClient } from './model-client.ts';
import { atRate } from './pace.ts';

export const PLANET = 'planet';
export const DOCUMENT = 'notes';
export const ROOM = 'busy';
export const SIDE_ROOMS = ['side-a', 'side-b'] as const;
const OPERATIONS_PER_SECOND = 5;
const PAINTED_PER_SECOND = 60;
const PAINTED_BYTES = 50_000;

export interface BusyRoom {
  readonly senders: readonly ModelClient[];
  /** Those in the side rooms, one for each. */
  readonly aside: readonly ModelClient[];
  /** Milliseconds from sending to each receipt by one of the senders, since the last call. */
  takeLatencies(): { operations: number[]; cameras: number[] };
  /** Large operations, which fill what lies between the server and one who does not read. */
  paint(on: boolean): void;
  /** No more traffic. */
  stop(): void;
}

/**
 * Some who move their cameras, change items, write and talk in one room; and one in each of two others.
 *
 * @param crowd default: twenty, moving at 60 Hz
 */
export async function openBusyRoom(
  port: () => number | undefined,
  { senders: count = 20, camerasPerSecond = 60 } = {},
): Promise<BusyRoom> {
  let latencies = { operations: [] as number[], cameras: [] as number[] };
  const onMessage = (message: Message, at: number) => {
    if (message.type === 'camera') latencies.cameras.push(at - message.camera.sentAt);
    if (message.type !== 'sceneDelta') return;
    for (const { data } of message.operations) {
      if (data?.sentAt !== undefined) latencies.operations.push(at - data.sentAt);
    }
  };
  const senders = Array.from({ length: count }, (_, index) => {
    const userId = `sender${index}`;
    return new ModelClient({ port, userId, rooms: [ROOM], batch: index % 4 > 0, onMessage });
  });
  const aside = SIDE_ROOMS.map(
    (roomId, index) => new ModelClient({ port, userId: `aside${index}`, rooms: [roomId], batch: true }),
  );
  const everybody = [...senders, ...aside];
  await Promise.all(everybody.map((one) => one.until(() => one.joined, 'joined')));
  const painter = senders[0] as ModelClient;
  painter.submit(added('canvas'));
  for (const one of everybody) one.submit(added(one.userId));
  await Promise.all(everybody.map((one) => one.until(() => one.outbox.size === 0, 'has begun')));

  const stops = senders.flatMap((sender, index) => [
    moveCamera(sender, camerasPerSecond),
    changeItem(sender, index),
  ]);
  for (const one of aside) stops.push(changeItem(one, 0));
  stops.push(atRate(10, () => void painter.submit({ type: 'message', text: painter.newId() })));
  const writer = senders[1] as ModelClient;
  stops.push(atRate(10, () => writeText(writer, 'w')));
  let stopPainting = () => {};
  return {
    senders,
    aside,
    takeLatencies() {
      const taken = latencies;
      latencies = { operations: [], cameras: [] };
      return taken;
    },
    paint(on) {
      stopPainting();
      stopPainting = on ? paint(painter) : () => {};
    },
    stop() {
      stopPainting();
      for (const stop of stops) stop();
    },
  };
}

export function writeText(client: ModelClient, written: string): boolean {
  if (client.room.text(DOCUMENT).pending !== undefined) return false;
  client.insert(DOCUMENT, 0, written);
  return true;
}

function added(id: string): Message {
  return { type: 'sceneOperation', operation: { type: 'add', target: 'item', id, data: {} } };
}

function moveCamera(sender: ModelClient, perSecond: number): () => void {
  sender.send({ type: 'join_viewer', roomId: ROOM, planetId: PLANET });
  return atRate(perSecond, () => {
    const camera = { position: [1, 2, 3], target: [0, 0, 0], sentAt: performance.now() };
    sender.send({ type: 'camera', roomId: ROOM, planetId: PLANET, camera });
  });
}

function changeItem(sender: ModelClient, place: number): () => void {
  return atRate(OPERATIONS_PER_SECOND, () => {
    const data = { position_x: Math.random(), text: `${place}`.repeat(2000), sentAt: performance.now() };
    const operation = { type: 'update', target: 'item', id: sender.userId, data };
    sender.submit({ type: 'sceneOperation', operation });
  });
}

function paint(painter: ModelClient): () => void {
  let strokes = 0;
  return atRate(PAINTED_PER_SECOND, () => {
    strokes += 1;
    const data = { [`layer${strokes % 4}`]: `${strokes} `.padEnd(PAINTED_BYTES, 'x') };
    const operation = { type: 'update', target: 'item', id: 'canvas', data };
    painter.submit({ type: 'sceneOperation', operation });
  });
}
