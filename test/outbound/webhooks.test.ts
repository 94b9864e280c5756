import t, { type Test } from 'tap';
import { openDurableMap } from '../../server/log/durable-map.ts';
import type { Log } from '../../server/log/log.ts';
import { createMemoryLog } from '../../server/log/memory.ts';
import type { Happening } from '../../server/outbound/happening.ts';
import { createPost, type Post } from '../../server/outbound/post.ts';
import { WEBHOOKS, Webhooks, type WebhooksOptions } from '../../server/outbound/webhooks.ts';
import { signingSecret } from '../../server/settings/forms.ts';
import { APPLICATION_SECRET, type Application, startApplication } from '../support/application.ts';
import { createManualClock } from '../support/manual-clock.ts';

let ids = 0;

async function open(t: Test, application: Application, given: Partial<WebhooksOptions> & { log?: Log } = {}) {
  const clock = createManualClock();
  const outcomes: string[] = [];
  const failures: unknown[] = [];
  const sizes: number[] = [];
  const log = given.log ?? createMemoryLog();
  const secret = signingSecret.read(APPLICATION_SECRET) as Uint8Array;
  const overHttp = createPost({ url: new URL(application.url), secret, timeoutMs: 10_000 }, clock);
  let underWay = 0;
  const post: Post = async (...request) => {
    underWay += 1;
    try {
      return await overHttp(...request);
    } finally {
      underWay -= 1;
    }
  };
  const webhooks = new Webhooks({
    post,
    clock,
    newId: () => `id-${ids++}`,
    random: () => 0.5,
    kept: await openDurableMap<Happening>(log, WEBHOOKS),
    batchMs: 1000,
    queueBytes: 1_000_000,
    giveUpMs: 60_000,
    onOutcome: (outcome) => outcomes.push(outcome),
    onBytes: (bytes) => sizes.push(bytes),
    onFailed: (error) => failures.push(error),
    ...given,
  });
  /** No time passes for what is under way over real sockets. */
  const settle = async () => {
    do for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    while (underWay > 0);
  };
  /** Time passes until it is so, or as many calls have come. */
  const until = async (what: number | (() => boolean)) => {
    const isSo = typeof what === 'number' ? () => application.calls.length >= what : what;
    while (!isSo()) {
      clock.advance(100);
      await settle();
    }
    await settle();
  };
  const closed = { done: false };
  t.teardown(() => (closed.done ? undefined : webhooks.close()));
  return { webhooks, clock, outcomes, failures, sizes, log, settle, until, closed };
}

const joined = (userId: string, roomId = 'r'): Happening => ({
  type: 'member.joined',
  roomId,
  at: 1_800_000_000_000,
  user: { userId },
});

const operations = (toVersion: number, at = 1_800_000_000_000, roomId = 'r'): Happening => ({
  type: 'room.operations',
  roomId,
  at,
  epoch: 'e',
  changes: [{ kind: 'scene', userId: 'ada', fromVersion: toVersion - 1, toVersion, operations: [] }],
});

const usersOf = (application: Application) => application.calls.map(({ body }) => body.data.user?.userId);

t.test(
  '[WH1] [WH2] what happens is told in the order of its room, signed, and each under an id of its own',
  async (t) => {
    const application = await startApplication(t, true);
    const { webhooks, until, outcomes, sizes } = await open(t, application);
    for (const userId of ['a', 'b', 'c', 'd']) webhooks.add(joined(userId));
    await until(4);
    t.same(usersOf(application), ['a', 'b', 'c', 'd']);
    t.same(application.forged, []);
    t.same(application.calls[0]?.body, {
      type: 'member.joined',
      timestamp: '2027-01-15T08:00:00.000Z',
      data: { roomId: 'r', user: { userId: 'a' } },
    });
    t.equal(new Set(application.calls.map(({ headers }) => headers['webhook-id'])).size, 4);
    t.same(outcomes, ['delivered', 'delivered', 'delivered', 'delivered']);
    t.equal(sizes.at(-1), 0);
  },
);

t.test(
  '[WH2] what was not accepted is told again under the same id, and nothing of its room overtakes it',
  async (t) => {
    const application = await startApplication(t, true);
    const { webhooks, until, outcomes, failures } = await open(t, application);
    const replies = [{ status: 500 }, { status: 302, headers: { location: '/x' } }, { status: 404 }];
    application.reply = ({ body }) => (body.data.roomId === 'r' ? (replies.shift() ?? {}) : {});
    webhooks.add(joined('a'));
    webhooks.add(joined('b'));
    webhooks.add(joined('z', 'other'));
    await until(6);
    t.same(
      usersOf(application).filter((one) => one !== 'z'),
      ['a', 'a', 'a', 'a', 'b'],
    );
    t.ok(usersOf(application).indexOf('z') < 2, 'other rooms do not wait');
    const same = application.calls.filter(({ body }) => body.data.user.userId === 'a');
    t.equal(new Set(same.map(({ headers }) => headers['webhook-id'])).size, 1);
    t.same(outcomes.toSorted(), ['delivered', 'delivered', 'delivered', 'failed', 'failed', 'failed']);
    t.ok(failures.length >= 1);
  },
);

t.test('[WH3] operations of a room wait for more and are told at once, in their order', async (t) => {
  const application = await startApplication(t, true);
  const { webhooks, clock, until, settle } = await open(t, application);
  for (let version = 1; version <= 30; version++) webhooks.add(operations(version, clock.now()));
  await settle();
  t.equal(application.calls.length, 0);
  await until(1);
  const versions = (index: number) =>
    application.calls[index]?.body.data.changes.map((one: { toVersion: number }) => one.toVersion);
  t.same(
    versions(0),
    Array.from({ length: 30 }, (_, index) => index + 1),
  );
  webhooks.add(operations(31, clock.now()));
  webhooks.add(joined('a'));
  webhooks.add(operations(32, clock.now()));
  await settle();
  while (application.calls.length < 3) await settle();
  t.same(versions(1), [31], 'they do not wait where something else comes behind them');
  t.equal(application.calls[2]?.body.type, 'member.joined');
  await until(4);
  t.same(versions(3), [32]);
  for (let version = 33; version < 33 + 1500; version++) webhooks.add(operations(version, clock.now()));
  while (application.calls.length < 5) await settle();
  t.equal(versions(4).length, 1000, 'a thousand do not wait either');
  await until(6);
  t.equal(versions(5).length, 500);
  t.equal(versions(5)[0], 1033);
});

t.test('[WH3] operations wait no longer where the clock is set back, or another node is ahead', async (t) => {
  const application = await startApplication(t, true);
  const { webhooks, clock, until } = await open(t, application);
  const begun = clock.monotonic();
  webhooks.add(operations(1, clock.now() + 3_600_000));
  webhooks.add(operations(2, clock.now()));
  await until(1);
  t.ok(clock.monotonic() - begun <= 1100, 'within the time for more');
  t.equal(application.calls[0]?.body.data.changes.length, 2, 'in one request');
});

t.test('[WH4] what waits is bounded: the latest is dropped, and the next says how much', async (t) => {
  const application = await startApplication(t, true);
  let isAway = true;
  application.reply = () => ({ status: isAway ? 503 : 200 });
  const { webhooks, outcomes, sizes, until } = await open(t, application, { queueBytes: 1000 });
  for (let count = 0; count < 50; count++) webhooks.add(joined(`u${count}`));
  const dropped = () => outcomes.filter((one) => one === 'dropped').length;
  const kept = 50 - dropped();
  t.ok(dropped() > 0 && kept > 0);
  t.ok(Math.max(...sizes) <= 1000);
  await until(1);
  isAway = false;
  await until(() => outcomes.filter((one) => one === 'delivered').length === kept);
  webhooks.add(joined('last'));
  await until(application.calls.length + 1);
  const { data } = application.calls.at(-1)?.body ?? {};
  t.same(data, { roomId: 'r', user: { userId: 'last' }, missed: 50 - kept });
  webhooks.add(joined('after'));
  await until(application.calls.length + 1);
  t.same(application.calls.at(-1)?.body.data, { roomId: 'r', user: { userId: 'after' } });
});

t.test('[WH4] what is never accepted is dropped in the end, and what is behind it is told', async (t) => {
  const application = await startApplication(t, true);
  application.reply = ({ body }) => ({ status: body.data.user.userId === 'bad' ? 400 : 200 });
  const { webhooks, outcomes, until, clock } = await open(t, application, { giveUpMs: 10_000 });
  webhooks.add({ ...joined('bad'), at: clock.now() });
  webhooks.add({ ...joined('good'), at: clock.now() });
  await until(() => outcomes.includes('delivered'));
  t.equal(usersOf(application).at(-1), 'good');
  t.ok(outcomes.includes('dropped'));
  t.equal(outcomes.filter((one) => one === 'delivered').length, 1);
});

t.test(
  '[WH4] what waited behind what was dropped says how much that was, also after a restart',
  async (t) => {
    const application = await startApplication(t, true);
    application.reply = ({ body }) => ({ status: body.data.user.userId.startsWith('bad') ? 400 : 503 });
    const log = createMemoryLog();
    const first = await open(t, application, { log, giveUpMs: 10_000 });
    const { webhooks, clock, until } = first;
    for (const userId of ['bad', 'bad too']) webhooks.add({ ...joined(userId), at: clock.now() });
    clock.advance(5000);
    for (const userId of ['good', 'better']) webhooks.add({ ...joined(userId), at: clock.now() });
    await until(() => usersOf(application).at(-1) === 'good');
    await webhooks.close();
    first.closed.done = true;
    application.reply = () => ({});
    const from = application.calls.length;
    const second = await open(t, application, { log });
    await second.until(from + 2);
    t.match(
      application.calls.slice(from).map(({ body }) => body.data),
      [
        { user: { userId: 'good' }, missed: 2 },
        { user: { userId: 'better' }, missed: undefined },
      ],
    );
    t.equal(second.sizes.at(-1), 0);
  },
);

t.test('[WH4] what has not waited for so long is not dropped with what has', async (t) => {
  const application = await startApplication(t, true);
  let isAway = true;
  const accepted: { versions: number[]; missed: number }[] = [];
  application.reply = ({ body: { data } }) => {
    const versions = data.changes.map((one: { toVersion: number }) => one.toVersion);
    if (!isAway) accepted.push({ versions, missed: data.missed });
    return { status: isAway ? 503 : 200 };
  };
  const { webhooks, outcomes, until, clock } = await open(t, application, { giveUpMs: 10_000 });
  const begun = clock.now();
  const dropped = () => outcomes.filter((one) => one === 'dropped').length;
  webhooks.add(operations(1, begun));
  await until(1);
  webhooks.add(operations(2, clock.now()));
  await until(() => clock.now() - begun >= 12_000);
  t.equal(dropped(), 0, 'so far it was tried again and again');
  webhooks.add(operations(3, clock.now()));
  await until(() => dropped() >= 2);
  isAway = false;
  webhooks.add(operations(4, clock.now()));
  await until(() => accepted.at(-1)?.versions.at(-1) === 4);
  t.same(accepted, [{ versions: [3, 4], missed: 2 }]);
});

t.test(
  '[WH2] [WH4] while operations go on being given up, they are told no more often than others',
  async (t) => {
    const application = await startApplication(t, true);
    const { webhooks, outcomes, settle, clock } = await open(t, application, { giveUpMs: 10_000 });
    let version = 0;
    const goOn = () => {
      if (clock.monotonic() >= 60_000) return;
      version += 1;
      webhooks.add(operations(version, clock.now()));
      clock.advance(100);
    };
    application.reply = () => {
      goOn();
      return { status: 503 };
    };
    while (clock.monotonic() < 60_000) {
      goOn();
      await settle();
    }
    t.ok(outcomes.filter((one) => one === 'dropped').length > 100);
    t.ok(application.calls.length <= 10, `${application.calls.length} times in a minute`);
  },
);

t.test('[WH2] what waits outlives the process', async (t) => {
  const application = await startApplication(t, true);
  application.reply = () => ({ status: 503 });
  const log = createMemoryLog();
  const first = await open(t, application, { log });
  for (const userId of ['a', 'b', 'c']) first.webhooks.add(joined(userId));
  await first.until(1);
  await first.webhooks.close();
  first.closed.done = true;
  const attempts = application.calls.length;
  const idOf = (index: number) => application.calls[index]?.headers['webhook-id'];
  application.reply = () => ({});
  const second = await open(t, application, { log });
  await second.until(attempts + 3);
  t.same(usersOf(application).slice(attempts), ['a', 'b', 'c']);
  t.equal(idOf(attempts), idOf(0), 'under the same id');
  await second.webhooks.close();
  second.closed.done = true;
  const third = await open(t, application, { log });
  await third.settle();
  t.equal(application.calls.length, attempts + 3, 'and is told no more when it was accepted');
});

t.test(
  '[WH2] a server that closes tells what it can, also operations that still wait for more',
  async (t) => {
    const application = await startApplication(t, true);
    const { webhooks, clock, closed } = await open(t, application);
    webhooks.add(operations(1, clock.now()));
    webhooks.add(joined('a', 'other'));
    await webhooks.close();
    closed.done = true;
    t.same(application.calls.map(({ body }) => body.type).sort(), ['member.joined', 'room.operations']);
  },
);

t.test('[WH3] operations that another clock has dated later wait no longer than others', async (t) => {
  const application = await startApplication(t, true);
  const { webhooks, until, clock } = await open(t, application);
  await webhooks.adopt('of another node', operations(1, clock.now() + 3_600_000));
  await until(1);
  t.ok(clock.monotonic() < 600_000, 'another node, or the time before a clock was set back');
});

t.test('[WH3] what is taken over is kept here before it counts as taken, and told once', async (t) => {
  const application = await startApplication(t, true);
  const inner = createMemoryLog();
  let isAway = true;
  const log: Log = {
    ...inner,
    async open(...given) {
      const opened = await inner.open(...given);
      const append = async (texts: readonly string[]) => {
        if (isAway) throw new Error('away');
        await opened.append(texts);
      };
      return { ...opened, append };
    },
  };
  const kept = await openDurableMap<Happening>(log, WEBHOOKS);
  const { webhooks, until } = await open(t, application, { kept });
  const adopt = () => webhooks.adopt('of another node', operations(1));
  await t.rejects(adopt(), { message: 'away' });
  await t.rejects(adopt(), { message: 'away' }, 'also where that is tried again');
  isAway = false;
  await adopt();
  t.match(await inner.head(WEBHOOKS), { offset: 1 });
  await until(1);
  await until(() => true);
  t.equal(application.calls.length, 1);
});
