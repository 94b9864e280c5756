import type { Test } from 'tap';
import { type Log, LogError, type RoomLog } from '../../server/log/log.ts';

/** `reopen` closes the log and opens the same store again, where a store outlives its log. */
export interface LogUnderTest {
  readonly log: Log;
  reopen(): Promise<Log>;
}

type Seen = [first: number, entries: readonly string[]][];

/** Every guarantee of `server/log/log.ts`, as tests of one implementation. */
export function logContract(t: Test, name: string, makeLog: (t: Test) => Promise<LogUnderTest>): void {
  const contract = (title: string, run: (t: Test, under: LogUnderTest) => Promise<void>): void => {
    t.test(`${name}: ${title}`, async (t) => {
      const under = await makeLog(t);
      t.teardown(() => under.log.close());
      await run(t, under);
    });
  };
  const open = async (log: Log, roomId = 'room'): Promise<RoomLog & { seen: Seen }> => {
    const seen: Seen = [];
    const room = await log.open(roomId, (first, entries) => seen.push([first, [...entries]]));
    return Object.assign(room, { seen });
  };
  const reopenRoom = async (log: Log, room: RoomLog): Promise<RoomLog & { seen: Seen }> => {
    await room.close();
    return open(log);
  };

  contract('a new room has an epoch, no snapshot and an empty tail', async (t, { log }) => {
    const room = await open(log);
    t.match(room.epoch, /^.{8,32}$/u);
    t.equal(room.snapshot, undefined);
    t.same(room.tail, []);
    t.same(await room.read(1, 10), []);
    t.equal(log.writable(), true);
  });

  contract(
    'the head of a log is told whether it is open or not, and none before and after its life',
    async (t, { log }) => {
      t.equal(await log.head('room'), undefined);
      const room = await open(log);
      t.same(await log.head('room'), { epoch: room.epoch, offset: 0 });
      await room.append(['a', 'b']);
      await room.append(['c']);
      t.same(await log.head('room'), { epoch: room.epoch, offset: 3 });
      await room.compact({ offset: 3, state: 's' }, 3);
      await room.close();
      t.same(await log.head('room'), { epoch: room.epoch, offset: 3 });
      await (await open(log)).drop();
      t.equal(await log.head('room'), undefined);
    },
  );

  contract(
    'the listener sees every batch once, in order, with the offset of its first entry',
    async (t, { log }) => {
      const room = await open(log);
      await room.append(['a', 'b']);
      await room.append(['c']);
      await room.append(['d', 'e', 'f']);
      t.same(room.seen, [
        [1, ['a', 'b']],
        [3, ['c']],
        [4, ['d', 'e', 'f']],
      ]);
    },
  );

  contract('the listener is called before append resolves, and not within the call', async (t, { log }) => {
    const order: string[] = [];
    const room = await log.open('room', () => order.push('listener'));
    const appended = room.append(['a']).then(() => order.push('resolved'));
    order.push('called');
    await appended;
    t.same(order, ['called', 'listener', 'resolved']);
  });

  contract('the entries can be read when the listener is called', async (t, { log }) => {
    let read: Promise<readonly string[] | undefined> | undefined;
    const room: RoomLog = await log.open('room', (first) => {
      read = room.read(first, 10);
    });
    await room.append(['a', 'b']);
    t.same(await read, ['a', 'b']);
  });

  contract('appends that do not wait for one another keep the order of the calls', async (t, { log }) => {
    const room = await open(log);
    await Promise.all([room.append(['a']), room.append(['b', 'c']), room.append(['d'])]);
    t.same(await room.read(1, 10), ['a', 'b', 'c', 'd']);
    t.same(
      room.seen.map(([first]) => first),
      [1, 2, 4],
    );
  });

  contract(
    'an opening gets its own batches as the array that it appended, and so knows them',
    async (t, { log }) => {
      const seen: (readonly string[])[] = [];
      const room = await log.open('room', (_, entries) => void seen.push(entries));
      const entries = ['a', 'b'];
      await room.append(entries);
      t.equal(seen[0], entries);
    },
  );

  contract('an empty batch takes no offset and calls nobody', async (t, { log }) => {
    const room = await open(log);
    await room.append([]);
    t.same(room.seen, []);
    await room.append(['a']);
    t.same(room.seen, [[1, ['a']]]);
  });

  contract('entries are any text: empty, long, unicode, line breaks', async (t, { log }) => {
    const room = await open(log);
    const entries = ['', 'x'.repeat(100_000), 'ö€😀\u0000\u2028\n', '{"a":"\\ud800"}'];
    await room.append(entries);
    t.same(await room.read(1, 10), entries);
    t.same((await reopenRoom(log, room)).tail, entries);
  });

  contract('reading starts at any offset kept and heeds the limit', async (t, { log }) => {
    const room = await open(log);
    await room.append(['a', 'b', 'c', 'd']);
    t.same(await room.read(1, 2), ['a', 'b']);
    t.same(await room.read(3, 1), ['c']);
    t.same(await room.read(3, 100), ['c', 'd']);
    t.same(await room.read(2, 0), []);
  });

  contract('reading past the end gives an empty list', async (t, { log }) => {
    const room = await open(log);
    await room.append(['a']);
    t.same(await room.read(2, 10), []);
    t.same(await room.read(1000, 10), []);
  });

  contract('a room opened again continues with its epoch, tail and offsets', async (t, { log }) => {
    const room = await open(log);
    await room.append(['a', 'b']);
    const again = await reopenRoom(log, room);
    t.equal(again.epoch, room.epoch);
    t.same(again.tail, ['a', 'b']);
    await again.append(['c']);
    t.same(again.seen, [[3, ['c']]]);
    t.same(room.seen, [[1, ['a', 'b']]], 'the ended opening hears nothing more');
  });

  contract('a room without entries keeps its epoch, too', async (t, { log }) => {
    const room = await open(log);
    t.equal((await reopenRoom(log, room)).epoch, room.epoch);
  });

  contract('a snapshot is given at the opening, with the entries after it as tail', async (t, { log }) => {
    const room = await open(log);
    await room.append(['a', 'b', 'c']);
    await room.compact({ offset: 2, state: 'ab' }, 0);
    const again = await reopenRoom(log, room);
    t.same(again.snapshot, { offset: 2, state: 'ab' });
    t.same(again.tail, ['c']);
    t.same(await again.read(1, 10), ['a', 'b', 'c'], 'what was not dropped can still be read');
  });

  contract('a snapshot takes the place of the last one', async (t, { log }) => {
    const room = await open(log);
    await room.append(['a', 'b', 'c']);
    await room.compact({ offset: 1, state: 'a' }, 1);
    await room.compact({ offset: 3, state: 'abc ö'.repeat(10_000) }, 2);
    const again = await reopenRoom(log, room);
    t.same(again.snapshot, { offset: 3, state: 'abc ö'.repeat(10_000) });
    t.same(again.tail, []);
    t.same(await again.read(3, 10), ['c']);
  });

  contract(
    'compaction drops entries: an offset before the oldest kept gives undefined',
    async (t, { log }) => {
      const room = await open(log);
      await room.append(['a', 'b', 'c', 'd']);
      await room.compact({ offset: 3, state: 'abc' }, 2);
      t.equal(await room.read(1, 10), undefined);
      t.equal(await room.read(2, 10), undefined);
      t.same(await room.read(3, 10), ['c', 'd']);
      const again = await reopenRoom(log, room);
      t.equal(await again.read(2, 10), undefined);
      t.same(await again.read(3, 10), ['c', 'd']);
    },
  );

  contract('a log compacted to its end goes on at the next offset', async (t, { log }) => {
    const room = await open(log);
    await room.append(['a', 'b']);
    await room.compact({ offset: 2, state: 'ab' }, 2);
    t.same(await room.read(3, 10), []);
    t.equal(await room.read(2, 10), undefined);
    const again = await reopenRoom(log, room);
    t.same(again.tail, []);
    await again.append(['c']);
    t.same(again.seen, [[3, ['c']]]);
    t.same(await again.read(3, 10), ['c']);
  });

  contract('a snapshot of what is not in the log is refused and changes nothing', async (t, { log }) => {
    const room = await open(log);
    await room.append(['a', 'b']);
    await t.rejects(room.compact({ offset: 3, state: '' }, 0), RangeError);
    await t.rejects(room.compact({ offset: 1, state: '' }, 2), RangeError);
    await room.compact({ offset: 2, state: 'ab' }, 0);
    await t.rejects(room.compact({ offset: 1, state: 'a' }, 0), RangeError);
    t.same((await reopenRoom(log, room)).snapshot, { offset: 2, state: 'ab' });
  });

  contract('a dropped room starts anew with another epoch', async (t, { log }) => {
    const room = await open(log);
    await room.append(['a', 'b']);
    await room.compact({ offset: 1, state: 'a' }, 1);
    await room.drop();
    const again = await open(log);
    t.not(again.epoch, room.epoch);
    t.equal(again.snapshot, undefined);
    t.same(again.tail, []);
    await again.append(['x']);
    t.same(again.seen, [[1, ['x']]]);
  });

  contract('an opening that has ended refuses', async (t, { log }) => {
    const closed = await open(log, 'closed');
    await closed.close();
    await closed.close();
    const dropped = await open(log, 'dropped');
    await dropped.drop();
    for (const room of [closed, dropped]) {
      await t.rejects(room.append(['a']), LogError);
      await t.rejects(room.read(1, 1), LogError);
      await t.rejects(room.compact({ offset: 0, state: '' }, 0), LogError);
      await t.rejects(room.drop(), LogError);
    }
  });

  contract('a room is opened once at a time', async (t, { log }) => {
    const room = await open(log);
    await t.rejects(open(log), /already open/);
    await room.append(['a']);
    t.same((await reopenRoom(log, room)).tail, ['a']);
  });

  contract('two rooms know nothing of each other', async (t, { log }) => {
    const one = await open(log, 'a');
    const two = await open(log, 'ab');
    await Promise.all([one.append(['1', '2']), two.append(['x'])]);
    await Promise.all([two.append(['y']), one.compact({ offset: 2, state: '12' }, 2)]);
    t.same(one.seen, [[1, ['1', '2']]]);
    t.same(two.seen, [
      [1, ['x']],
      [2, ['y']],
    ]);
    await one.drop();
    await two.close();
    const again = await open(log, 'ab');
    t.equal(again.epoch, two.epoch);
    t.same(again.tail, ['x', 'y']);
  });

  contract('room ids are any text without NUL', async (t, { log }) => {
    const ids = [
      'a',
      'a/b',
      'scene:p:s',
      ' ',
      '\u0001',
      '\u001b[',
      'ä',
      'a\u0301',
      '部屋',
      '1',
      '-1',
      'true',
    ];
    ids.push('😀'.repeat(200), `${'😀'.repeat(199)}😁`, 'x'.repeat(63), 'x'.repeat(64), 'x'.repeat(65));
    const rooms = await Promise.all(ids.map((id) => open(log, id)));
    await Promise.all(rooms.map((room, index) => room.append([`${index}`, ids[index] ?? ''])));
    await Promise.all(rooms.map((room) => room.close()));
    for (const [index, id] of ids.entries()) {
      const room = await open(log, id);
      t.same(room.tail, [`${index}`, id]);
      t.same(await room.read(2, 5), [id]);
    }
    t.equal(new Set(rooms.map((room) => room.epoch)).size, ids.length);
  });

  contract('ten thousand entries, in one batch and one by one, come back in order', async (t, { log }) => {
    const room = await open(log);
    const entries = Array.from({ length: 10_000 }, (_, index) => `entry ${index}`);
    await room.append(entries.slice(0, 9_800));
    for (const entry of entries.slice(9_800)) await room.append([entry]);
    t.same((await room.read(5_001, 10))?.[0], 'entry 5000');
    const again = await reopenRoom(log, room);
    t.same(again.tail, entries);
    await again.compact({ offset: 10_000, state: 'all' }, 9_990);
    t.same((await reopenRoom(log, again)).tail, []);
  });

  contract('closing waits for appends under way', async (t, under) => {
    const room = await open(under.log);
    const appended = [room.append(['a']), room.append(['b'])];
    await under.log.close();
    await Promise.all(appended);
    t.same(
      room.seen.map(([first]) => first),
      [1, 2],
    );
  });

  contract('a closed log refuses, retryably', async (t, { log }) => {
    const room = await open(log);
    await log.close();
    await log.close();
    t.equal(log.writable(), false);
    const calls: Promise<unknown>[] = [open(log, 'other'), room.append(['a']), room.read(1, 1)];
    for (const refused of calls) await t.rejects(() => refused, { code: 'LOG_UNAVAILABLE', retryable: true });
    await room.close();
  });

  contract('what was appended is there when the store is opened again', async (t, under) => {
    const room = await open(under.log);
    await room.append(['a', 'b']);
    await room.compact({ offset: 1, state: 'A' }, 1);
    await room.close();
    const log = await under.reopen();
    t.teardown(() => log.close());
    const again = await open(log);
    t.equal(again.epoch, room.epoch);
    t.same(again.snapshot, { offset: 1, state: 'A' });
    t.same(again.tail, ['b']);
  });
}
