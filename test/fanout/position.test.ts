import t from 'tap';
import { missedSince, placeFrom } from '../../server/fanout/position.ts';
import { placeOf } from '../../server/room/place.ts';
import { add, chat, configure, fold, join, leave, operate, roomOf, update } from '../room/entries.ts';

/** Offsets 1 join, 2 version 1, 3 a message, 4 versions 2 and 3, 5 and 6 nothing to keep. */
function room() {
  const state = roomOf('ada-1');
  fold(state, operate('ada-1', [add('a')]), chat('ada-1', 'm1'));
  fold(
    state,
    operate('ada-1', [update('a', { n: 1 }), update('a', { n: 2 })]),
    join('bob-1'),
    leave('bob-1'),
  );
  return state;
}

t.test('[RS2] a place is the scene’s version and the offset of the latest event', async (t) => {
  t.strictSame(placeOf(room()), { version: 3, offset: 4 });
  t.strictSame(placeOf(roomOf('ada-1')), { version: 0, offset: 0 });
});

t.test('[RS2] a claim of both numbers is the place itself', async (t) => {
  t.strictSame(placeFrom(room(), 'e', { epoch: 'e', version: 1, offset: 3 }), { version: 1, offset: 3 });
  t.strictSame(placeFrom(room(), 'e', { epoch: 'e', version: 0, offset: 3 }), { version: 0, offset: 3 });
});

t.test('[RS2] with a version alone only the scene is recovered', async (t) => {
  const state = room();
  const place = placeFrom(state, 'e', { epoch: 'e', version: 1 });
  t.strictSame(place, { version: 1, offset: 4 });
  t.match(missedSince(state, place ?? { version: 0, offset: 0 }), {
    operations: [{ fromVersion: 1, toVersion: 3 }],
    others: [],
  });
});

t.test('[RS2] an offset alone is no place: operations leave behind what came after them', async (t) => {
  t.equal(placeFrom(room(), 'e', { epoch: 'e', offset: 3 }), undefined);
});

t.test('[RS1] a claim of another epoch, or of nothing, is no place', async (t) => {
  t.equal(placeFrom(room(), 'e', { epoch: 'f', version: 1, offset: 3 }), undefined);
  t.equal(placeFrom(room(), 'e', { epoch: 'e' }), undefined);
});

t.test(
  '[RS2] what was missed are all operations after the version and all else after the offset',
  async (t) => {
    const state = room();
    const missed = missedSince(state, { version: 1, offset: 2 });
    t.strictSame(
      missed?.operations.flatMap((one) => one.operations),
      [update('a', { n: 1 }), update('a', { n: 2 })],
    );
    t.strictSame(
      missed?.others.map((one) => one.offset),
      [3],
    );
    t.match(missedSince(state, placeOf(state)), { operations: [], others: [] });
    t.match(
      missedSince(state, { version: 3, offset: 6 }),
      { others: [] },
      'behind the last event, but not ahead',
    );
  },
);

t.test(
  '[RS3] ahead of the room, inside of a command, or no longer kept: only the whole state will do',
  async (t) => {
    const state = room();
    t.equal(missedSince(state, { version: 4, offset: 4 }), undefined);
    t.equal(missedSince(state, { version: 3, offset: 7 }), undefined);
    t.equal(missedSince(state, { version: 2, offset: 4 }), undefined);
    fold(state, configure(state, { KEPT_EVENTS: 1 }), chat('ada-1', 'm2'));
    t.equal(missedSince(state, { version: 0, offset: 3 }), undefined);
  },
);
