import t from 'tap';
import { comingsSince } from '../../server/room/comings.ts';
import { decodeSnapshot, encodeSnapshot } from '../../server/room/snapshot.ts';
import { configure, fold, join, leave, roomOf } from './entries.ts';

/** Who came and who went since an offset. */
function since(state: ReturnType<typeof roomOf>, offset: number) {
  const { joined, left } = comingsSince(state, offset);
  return [joined, left.map(({ userId }) => userId)];
}

t.test('[SO14] a room knows who came and went since an offset', async (t) => {
  const state = roomOf('ada-1', 'ben-1');
  const { offset } = state;
  fold(state, leave('ben-1'), join('cy-1'), join('dan-1'), leave('dan-1'), join('ada-2'), leave('ada-2'));
  t.same(since(state, offset), [['cy'], ['ben']]);
  t.same(since(state, offset + 1), [['cy'], []]);
  t.same(since(decodeSnapshot(encodeSnapshot(state)), offset), [['cy'], ['ben']], 'also from a snapshot');
  fold(state, join('ben-2'));
  t.same(since(state, offset), [['cy'], []], 'who is back was not away');
  t.same(since(state, state.offset), [[], []]);
});

t.test('[SO14] of departures a quarter as many are kept as of events, for each holds a user', async (t) => {
  const state = roomOf('ada-1');
  fold(state, configure(state, { KEPT_EVENTS: 32 }));
  const { offset } = state;
  for (let count = 0; count < 20; count++) fold(state, join('ben-1'), leave('ben-1'));
  t.ok(state.departures.list.length <= 8);
  fold(state, join('cy-1'));
  t.same(since(state, offset), [[], []], 'nothing is said where something would be left out');
  t.same(since(state, state.offset - 1), [['cy'], []]);
});
