import t, { type Test } from 'tap';
import type { Clock } from '../../server/clock.ts';
import { createGroupCommit, type GroupCommit, type Write } from '../../server/log/group-commit.ts';

interface Bench {
  readonly commits: GroupCommit<'table'>;
  /** The keys of each commit so far. */
  readonly stored: string[][];
  /** Makes the store fail from now on, or work again. */
  fail(error?: Error): void;
  breakDown(reason: string): void;
  full(isFull: boolean): void;
  /** Lets the time of one probe pass, and what it starts. */
  probe(): Promise<void>;
  probing(): boolean;
}

const write = (key: string): Write<'table'> => ({ table: 'table', key: [key], value: Buffer.alloc(1) });
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
};

function bench(): Bench {
  const stored: string[][] = [];
  let failure: Error | undefined;
  let reason: string | undefined;
  let isFull = false;
  let tick: (() => void) | undefined;
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    after: () => () => {},
    every: (_, action) => {
      tick = action;
      return () => {
        tick = undefined;
      };
    },
  };
  const commits = createGroupCommit<'table'>({
    async store(writes) {
      await new Promise((resolve) => setImmediate(resolve));
      if (failure) throw failure;
      stored.push(writes.map(({ key, value }) => (value ? `${key}` : `-${key}`)));
    },
    probe: write('probe'),
    async tryRoom() {
      if (isFull) throw new Error('full');
    },
    broken: () => reason,
    clock,
    probeIntervalMs: 1000,
  });
  return {
    commits,
    stored,
    fail: (error) => {
      failure = error;
    },
    breakDown: (why) => {
      reason = why;
    },
    full: (value) => {
      isFull = value;
    },
    async probe() {
      tick?.();
      await turns();
    },
    probing: () => tick !== undefined,
  };
}

const failing = async (t: Test, { commits, fail }: Bench): Promise<void> => {
  fail(new Error('no space'));
  await t.rejects(commits.commit([write('x')]), {
    code: 'LOG_UNAVAILABLE',
    message: /no space/,
    retryable: true,
  });
};

t.test('what is written in one turn shares a commit', async (t) => {
  const { commits, stored } = bench();
  await Promise.all([commits.commit([write('a'), write('b')]), commits.commit([write('c')])]);
  t.same(stored, [['a', 'b', 'c']]);
});

t.test('what comes during a commit shares the next one', async (t) => {
  const { commits, stored } = bench();
  const first = commits.commit([write('a')]);
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([first, commits.commit([write('b')]), commits.commit([write('c')])]);
  t.same(stored, [['a'], ['b', 'c']]);
});

t.test('a commit that fails rejects all who share it, and none after it', async (t) => {
  const test = bench();
  test.fail(new Error('no space'));
  const outcomes = await Promise.allSettled([
    test.commits.commit([write('a')]),
    test.commits.commit([write('b')]),
  ]);
  t.same(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  t.equal(test.commits.writable(), false);
  test.fail();
  await test.commits.commit([write('c')]);
  t.same(test.stored, [['c']]);
  t.equal(test.commits.writable(), true);
  t.equal(test.probing(), false, 'no timer is left');
});

t.test('a probe finds out that writing works again, and leaves nothing behind', async (t) => {
  const test = bench();
  await failing(t, test);
  await test.probe();
  t.equal(test.commits.writable(), false);
  test.fail();
  await test.probe();
  t.equal(test.commits.writable(), true);
  t.same(test.stored, [['probe'], ['-probe']]);
  t.equal(test.probing(), false);
});

t.test('while the disk is full the store is not tried', async (t) => {
  const test = bench();
  await failing(t, test);
  test.fail();
  test.full(true);
  await test.probe();
  t.equal(test.commits.writable(), false);
  t.same(test.stored, []);
  test.full(false);
  await test.probe();
  t.equal(test.commits.writable(), true);
});

t.test('a broken store is not written any more', async (t) => {
  const test = bench();
  await failing(t, test);
  test.fail();
  test.breakDown('restart the server');
  await t.rejects(test.commits.commit([write('a')]), {
    code: 'LOG_UNAVAILABLE',
    message: /restart the server/,
  });
  await test.probe();
  t.equal(test.commits.writable(), false);
  t.same(test.stored, []);
});

t.test('closing waits for what is under way and refuses the rest', async (t) => {
  const { commits, stored } = bench();
  const under = commits.commit([write('a')]);
  const closed = commits.close();
  await t.rejects(commits.commit([write('b')]), { code: 'LOG_UNAVAILABLE' });
  await closed;
  t.same(stored, [['a']]);
  await under;
});

t.test('a failure while closing leaves no timer behind', async (t) => {
  const test = bench();
  test.fail(new Error('no space'));
  const outcome = t.rejects(test.commits.commit([write('a')]), { code: 'LOG_UNAVAILABLE' });
  await test.commits.close();
  await outcome;
  t.equal(test.probing(), false);
});
