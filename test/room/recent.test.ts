import fc from 'fast-check';
import t from 'tap';
import type { Recoverable } from '../../server/room/effect.ts';
import {
  deltasAfter,
  emptyRecent,
  keep,
  latestOffset,
  othersAfter,
  type Recent,
} from '../../server/room/recent.ts';
import { updateScene } from './entries.ts';

const operations = (fromVersion: number, toVersion: number): Recoverable => ({
  kind: 'operations',
  fromVersion,
  toVersion,
  operations: [updateScene({ to: toVersion })],
});
const event = (id: string): Recoverable => ({ kind: 'event', id, event: 'e', data: null, at: 0 });

/** Offsets 2 (version 1), 3 (an event), 5 (versions 2 and 3), 6 (an event); 4 left nothing to keep. */
function filled(most = { events: 100, bytes: 1000 }): Recent {
  const recent = emptyRecent();
  keep(recent, { offset: 2, bytes: 10, event: operations(0, 1) }, most);
  keep(recent, { offset: 3, bytes: 10, event: event('x') }, most);
  keep(recent, { offset: 5, bytes: 10, event: operations(1, 3) }, most);
  keep(recent, { offset: 6, bytes: 10, event: event('y') }, most);
  return recent;
}

t.test('[RS2] what came after a version or an offset', async (t) => {
  const recent = filled();
  t.equal(latestOffset(recent), 6);
  t.strictSame(deltasAfter(recent, 0), [operations(0, 1), operations(1, 3)]);
  t.strictSame(deltasAfter(recent, 1), [operations(1, 3)]);
  t.strictSame(deltasAfter(recent, 3), []);
  t.strictSame(
    othersAfter(recent, 0)?.map((one) => one.offset),
    [3, 6],
  );
  t.strictSame(
    othersAfter(recent, 3)?.map((one) => one.offset),
    [6],
  );
  t.strictSame(othersAfter(recent, 6), []);
});

t.test('[RS3] a version inside of a command leads nowhere', async (t) => {
  t.equal(deltasAfter(filled(), 2), undefined);
});

t.test('[RS3] what is dropped is known to be', async (t) => {
  const recent = filled({ events: 3, bytes: 1000 });
  t.strictSame(
    recent.events.map((one) => one.offset),
    [5, 6],
    'dropped by the quarter',
  );
  t.match(recent, { since: 3, sinceVersion: 1, bytes: 20 });
  t.equal(othersAfter(recent, 2), undefined);
  t.strictSame(
    othersAfter(recent, 3)?.map((one) => one.offset),
    [6],
  );
  t.equal(deltasAfter(recent, 0), undefined);
  t.strictSame(deltasAfter(recent, 1), [operations(1, 3)]);
});

t.test('[RS3] bytes are bounded, also where one event has more than all may have', async (t) => {
  const recent = filled();
  const most = { events: 100, bytes: 100 };
  keep(recent, { offset: 7, bytes: 500, event: operations(3, 4) }, most);
  t.strictSame(recent, { events: [], since: 7, bytes: 0, sinceVersion: 4 });
  t.equal(latestOffset(recent), 7);
  keep(recent, { offset: 9, bytes: 50, event: event('z') }, most);
  t.strictSame(
    othersAfter(recent, 7)?.map((one) => one.offset),
    [9],
  );
  t.equal(othersAfter(recent, 6), undefined);
});

t.test(
  '[RS2] [RS3] of any history it tells all that came after a place, or that it does not know',
  async () => {
    const steps = fc.array(
      fc.record({ gap: fc.integer({ min: 1, max: 3 }), bytes: fc.nat(40), count: fc.nat(3) }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 20, max: 200 }),
        (list, events, bytes) => {
          const [recent, all] = [emptyRecent(), emptyRecent()];
          let [offset, version] = [0, 0];
          for (const { gap, bytes: size, count } of list) {
            offset += gap;
            const one = {
              offset,
              bytes: size,
              event: count === 0 ? event(`${offset}`) : operations(version, version + count),
            };
            version += count;
            keep(recent, one, { events, bytes });
            keep(all, one, { events: 10_000, bytes: 1e9 });
            const sum = recent.events.reduce((total, { bytes: own }) => total + own, 0);
            if (recent.events.length > events || recent.bytes > bytes || recent.bytes !== sum) return false;
            if (latestOffset(recent) !== latestOffset(all)) return false;
          }
          for (let at = 0; at <= offset; at++) {
            const others = othersAfter(recent, at);
            if (others === undefined ? at >= recent.since : !same(others, othersAfter(all, at))) return false;
          }
          for (let at = 0; at <= version; at++) {
            const found = deltasAfter(recent, at);
            if (found !== undefined && !same(found, deltasAfter(all, at))) return false;
          }
          return true;
        },
      ),
      { numRuns: 500 },
    );
  },
);

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
