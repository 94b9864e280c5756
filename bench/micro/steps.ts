import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Operation } from '../../protocol/index.ts';
import { systemClock } from '../../server/clock.ts';
import { type Dialect, renderRoom, renderSignal } from '../../server/dialect/dialect.ts';
import type { DeltaEvent, RoomView, SignalEvent } from '../../server/dialect/events.ts';
import { nativeBatch } from '../../server/dialect/vocabularies/native.ts';
import { socketDialectOf } from '../../server/dialect/vocabularies/socket-io/dialects.ts';
import { inspect } from '../../server/dispatch/inspect.ts';
import { validated } from '../../server/dispatch/validation.ts';
import { coalesce } from '../../server/fanout/coalesce.ts';
import { openLmdbLog } from '../../server/log/lmdb.ts';
import { apply } from '../../server/room/apply.ts';
import type { Entry } from '../../server/room/entry.ts';
import { emptyRoom } from '../../server/room/state.ts';
import type { Path } from './path.ts';

const by = { connection: 'c1', userId: 'ada', ref: 1 };
const cameraText =
  '{"type":"camera","roomId":"r","planetId":"home","camera":{"position":[1.25,2.5,-3.75],"target":[0,0.5,0],"sentAt":123456789}}';

/** Single steps of the way. */
export async function steps(): Promise<Path[]> {
  const bytes = Buffer.from(cameraText);
  const camera = JSON.parse(cameraText);
  const view = roomOf(20);
  const dialects: readonly Dialect[] = [
    nativeBatch,
    ...[socketDialectOf('/scenes', ''), socketDialectOf('/', '')].filter((one) => one !== undefined),
  ];
  const operations = Array.from({ length: 10 }, (_, index) => update(index % 4, index));
  const delta: DeltaEvent = {
    type: 'delta',
    offset: 10,
    fromVersion: 0,
    toVersion: 10,
    operations: coalesce(operations),
    bare: [],
  } as DeltaEvent;
  const directory = mkdtempSync(join(tmpdir(), 'tandem-micro-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const log = await openLmdbLog({ directory, clock: systemClock });
  const rooms = await Promise.all(
    Array.from({ length: 20 }, (_, index) => log.open(`room-${index}`, () => {})),
  );
  const entry = JSON.stringify(entryOf(update(1, 1)));
  let turn = 0;
  return [
    step('decode a camera', () => nativeBatch.framing.decode?.(bytes, false)),
    step('inspect a camera', () => inspect(camera, 32)),
    step('validate a camera', () => validated('camera', camera)),
    step('apply an operation', () => {
      turn += 1;
      apply(view.state, entryOf(update(turn % 20, turn)));
      view.state.offset = turn;
    }),
    { ...step('coalesce an operation', () => coalesce(operations)), messages: operations.length },
    ...dialects.flatMap((dialect) => [
      step(`encode a cursor, ${dialect.name}`, () => renderSignal(dialect, cursor, view)),
      step(`encode a delta of 4 items, ${dialect.name}`, () => renderRoom(dialect, delta, view, 0)),
    ]),
    {
      name: 'append an entry to LMDB, durably, 20 rooms at once',
      messages: rooms.length,
      run: async () => void (await Promise.all(rooms.map((room) => room.append([entry])))),
    },
  ];
}

const cursor: SignalEvent = {
  type: 'signal',
  kind: 'cursor',
  connectionId: 'c1',
  userId: 'ada',
  thing: undefined,
  payload: { type: 'cursor', roomId: 'r', position: { x: 1.5, y: 2.5 } },
};

function step(name: string, run: () => unknown): Path {
  return { name, messages: 1, run: () => void run() };
}

function roomOf(items: number): RoomView {
  const state = emptyRoom();
  const user = { userId: 'ada', name: 'Ada' };
  const joined: Entry = { type: 'join', at: 1, by, user, guest: false, node: 'n', maxUsers: 20 };
  apply(state, joined);
  for (let index = 0; index < items; index++) {
    apply(state, entryOf({ type: 'add', target: 'item', id: `i${index}`, data: {} }));
  }
  return { roomId: 'r', epoch: 'epoch-of-the-bench', state, lastSeen: () => 0 };
}

function entryOf(operation: Operation): Entry {
  return { type: 'sceneOperation', at: 2, by, operations: [operation] } as Entry;
}

function update(item: number, value: number): Operation {
  return { type: 'update', target: 'item', id: `i${item}`, data: { position_x: value, rotation_y: 0.785 } };
}
