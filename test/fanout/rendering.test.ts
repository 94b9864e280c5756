import t from 'tap';
import { type Dialect, reporting, toOthers } from '../../server/dialect/dialect.ts';
import type { RoomEvent, RoomView, SignalEvent } from '../../server/dialect/events.ts';
import { batchFrames, singleFrames } from '../../server/dialect/framings/json.ts';
import { native } from '../../server/dialect/vocabularies/native.ts';
import { Audiences } from '../../server/fanout/audience.ts';
import { publishToAll } from '../../server/fanout/publish.ts';
import { createRendering } from '../../server/fanout/rendering.ts';
import { emptyRoom } from '../../server/room/state.ts';

const view: RoomView = { roomId: 'r', epoch: 'e', state: emptyRoom(), lastSeen: () => 0 };
const told = { place: { version: 0, offset: 0 }, heard: 0 };
const event = (id: string): RoomEvent => ({ type: 'published', offset: 1, id, event: id, data: 1, at: 5 });

/** Says every event twice: in one way to all but one, in another to all. */
const vocabulary = {
  ...native,
  room: {
    ...native.room,
    published: ({ id }: { id: string }) => [toOthers({ others: id }, 'c1'), { all: id }],
  },
};

/** What is sent of two events, and who is left out. */
function sent(framing: Dialect['framing']): [frame: unknown, except: string | undefined][] {
  const dialect: Dialect = { name: 'test', framing, vocabulary };
  const audiences = new Audiences();
  audiences.enter(dialect, new Set());
  const render = createRendering(view, [event('a'), event('b')], [], told, told);
  const frames: [unknown, string | undefined][] = [];
  publishToAll(audiences.values(), render, (_, frame, __, from) => frames.push([JSON.parse(frame), from]));
  return frames;
}

t.test('[NP6] a vocabulary says which connection a message is not for', async (t) => {
  t.strictSame(sent(singleFrames), [
    [{ others: 'a' }, 'c1'],
    [{ all: 'a' }, undefined],
    [{ others: 'b' }, 'c1'],
    [{ all: 'b' }, undefined],
  ]);
});

t.test('[NP7] in batch frames nobody can be left out', async (t) => {
  t.strictSame(sent(batchFrames), [
    [[{ others: 'a' }, { all: 'a' }, { others: 'b' }, { all: 'b' }], undefined],
  ]);
});

t.test('what cannot be told is left out and reported, and the rest of the flush is told', async (t) => {
  const faults: [string, string][] = [];
  const failing = {
    ...native,
    room: {
      ...native.room,
      published({ id }: { id: string }) {
        if (id === 'a') throw new Error('no word for it');
        return [{ all: id }];
      },
    },
    signal: () => {
      throw new Error('nor for this');
    },
  };
  const dialect = reporting({ name: 'test', framing: singleFrames, vocabulary: failing }, (error, type) =>
    faults.push([type, (error as Error).message]),
  );
  const moving: SignalEvent = {
    type: 'signal',
    kind: 'cursor',
    connectionId: 'c1',
    userId: 'ada',
    thing: undefined,
    payload: { type: 'cursor', position: { x: 1 } },
  };
  const render = createRendering(view, [event('a'), event('b')], [moving], told, told);
  t.same(
    render(dialect).map(({ text }) => JSON.parse(text)),
    [{ all: 'b' }],
  );
  t.same(faults, [
    ['published', 'no word for it'],
    ['cursor', 'nor for this'],
  ]);
});
