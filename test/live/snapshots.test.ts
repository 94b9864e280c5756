import t from 'tap';
import { Snapshots } from '../../server/live/snapshots.ts';
import { createMemoryLog } from '../../server/log/memory.ts';
import { emptyRoom } from '../../server/room/state.ts';

t.test('rooms that have grown together are stored one after the other', async (t) => {
  const log = createMemoryLog();
  const snapshotTurn = { taken: false };
  const stored: string[] = [];
  const open = async (roomId: string) => {
    const opened = await log.open(roomId, () => {});
    let finish = () => {};
    const compact: typeof opened.compact = (...given) => {
      stored.push(roomId);
      return new Promise((resolve, reject) => {
        finish = () => void opened.compact(...given).then(resolve, reject);
      });
    };
    const state = emptyRoom();
    const snapshots = new Snapshots({ ...opened, compact }, state, { snapshotEntries: 2, snapshotTurn });
    const grow = async () => {
      const texts = ['x'.repeat(200_000), 'y'.repeat(200_000)];
      await opened.append(texts);
      for (const text of texts) snapshots.count(text);
      state.offset += texts.length;
      snapshots.consider();
    };
    return { grow, finish: () => finish(), snapshots };
  };
  const one = await open('one');
  const other = await open('other');
  await one.grow();
  await other.grow();
  await one.grow();
  t.same(stored, ['one']);
  one.finish();
  await one.snapshots.settled();
  await other.grow();
  t.same(stored, ['one', 'other'], 'the other one when it is appended to next');
  other.finish();
  await other.snapshots.settled();
  await one.grow();
  t.same(stored, ['one', 'other', 'one']);
});
