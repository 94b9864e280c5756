import t, { type Test } from 'tap';
import { systemClock } from '../../server/clock.ts';
import type { Mail } from '../../server/log/nodes.ts';
import { openRedisLog } from '../../server/log/redis.ts';
import { createPeers, type OpenPeers, type PeersOptions } from '../../server/peers/create-peers.ts';
import { ownedIds, ownerOf } from '../../server/peers/owner.ts';
import { type Asker, NodeUnreachable } from '../../server/peers/peers.ts';
import { createTestMail, type TestMail } from '../support/mail.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import { noRedis, startRedis, until } from '../support/redis.ts';

interface Stage {
  readonly a: OpenPeers;
  readonly b: OpenPeers;
  readonly mail: TestMail;
  readonly clock: ManualClock;
}

const bounds = { timeoutMs: 5000, maxQuestions: 10, maxBytes: 10_000 };

function stage(given: Partial<PeersOptions> = {}): Stage {
  const clock = createManualClock();
  const mail = createTestMail();
  const [a, b] = ['a', 'b'].map((nodeId) => {
    const peers: OpenPeers = createPeers({
      ...{ nodeId, clock, ...bounds, ...given },
      mail: mail.join(nodeId, (message) => peers.receive(message)),
    });
    return peers;
  }) as [OpenPeers, OpenPeers];
  return { a, b, mail, clock };
}

const question = (body: string, withinMs = 60_000) => ({ subject: 'test', body, withinMs });
const turns = async () => {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** Lets time pass, and everything happen that it brings. */
async function pass({ clock }: Stage, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 50) {
    await turns();
    clock.advance(50);
  }
  await turns();
}

/** How a question ended: the answer, or why there is none. */
function fateOf(answer: Promise<Buffer>): { now(): string } {
  let fate = 'waits';
  answer.then(
    (body) => {
      fate = body.toString();
    },
    ({ isGone, mayBeDone, message }: NodeUnreachable) => {
      fate = `${isGone ? 'gone' : 'unreachable'}${mayBeDone ? ', may be done' : ''}: ${message}`;
    },
  );
  return { now: () => fate };
}

async function exchanges(t: Test, a: OpenPeers, b: OpenPeers): Promise<void> {
  b.serve('test', { answer: async (body, { from }) => Buffer.concat([Buffer.from(`${from}:`), body]) });
  const bytes = Buffer.from([0, 255, 10, 13, 10, 128]);
  const { answer } = a.ask(b.nodeId, { subject: 'test', body: bytes, withinMs: 60_000 });
  t.same(await answer, Buffer.concat([Buffer.from(`${a.nodeId}:`), bytes]), 'any bytes');
  const many = Array.from({ length: 200 }, (_, index) => a.ask(b.nodeId, question(String(index))).answer);
  t.same(
    (await Promise.all(many)).map(String),
    many.map((_, index) => `${a.nodeId}:${index}`),
    'each question its own',
  );
  const heard: string[] = [];
  for (const one of [a, b]) one.serve('news', { hear: (text) => heard.push(`${one.nodeId} ${text}`) });
  a.tell('news', 'ü');
  await until(() => heard.length > 0);
  t.same(heard, [`${b.nodeId} ü`], 'what is told comes to the others alone');
}

t.test('nodes ask and tell each other', async (t) => {
  const { a, b } = stage({ maxQuestions: 1000 });
  await exchanges(t, a, b);
});

t.test('nodes ask and tell each other over Redis', { skip: noRedis }, async (t) => {
  const redis = await startRedis(t, { appendonly: 'no' });
  const [{ peers: a, mail: mailOfA }, { peers: b }] = [
    await redisPeers(t, redis.url, 'a'),
    await redisPeers(t, redis.url, 'b'),
  ];
  await until(() => a.others().has('b'));
  await exchanges(t, a, b);

  const gone = await a.ask('nobody', question('?')).answer.catch((error: NodeUnreachable) => error);
  t.match(gone, { isGone: true, mayBeDone: false }, 'a node that nobody knows is gone at once');

  let answerNow = (_: string) => {};
  b.serve('slow', { answer: () => new Promise((resolve) => (answerNow = resolve)) });
  const slow = a.ask('b', { subject: 'slow', body: '', withinMs: 60_000 }).answer;
  await a.ask('b', question('the one before has come')).answer;
  await redis.crash();
  await until(async () => (await mailOfA.send('b', Buffer.from('told a  test 0\n'))) === 'unsent');
  answerNow('made while Redis was away');
  const asked = a.ask('b', question('asked while Redis was away')).answer;
  await redis.start();
  t.equal(String(await slow), 'made while Redis was away');
  t.equal(String(await asked), 'a:asked while Redis was away');
});

/** A node on Redis; ends with the test. */
async function redisPeers(t: Test, url: string, nodeId: string): Promise<{ peers: OpenPeers; mail: Mail }> {
  const log = await openRedisLog({ url });
  let peers: OpenPeers | undefined;
  const nodes = await log.join({
    ...{ nodeId, beats: { intervalMs: 50, goneAfterMs: 60_000 } },
    onGone() {},
    onLeft: async () => true,
    onMail: (message) => peers?.receive(message),
  });
  const mail = nodes.mail as Mail;
  const opened = createPeers({ ...bounds, nodeId, mail, clock: systemClock, maxQuestions: 1000 });
  peers = opened;
  t.teardown(async () => {
    await opened.close();
    await nodes.close();
    await log.close();
  });
  return { peers: opened, mail };
}

t.test('a question that is not answered ends, and says what is known of it', async (t) => {
  const at = stage();
  const { a, b, mail } = at;
  b.serve('test', { answer: () => new Promise(() => {}) });
  b.serve('broken', { answer: () => Promise.reject(new Error('broken')) });
  const cases: [string, () => Promise<Buffer>, waitMs: number, fate: string][] = [
    ['no node of this name', () => a.ask('c', question('')).answer, 0, 'gone: the node is gone'],
    [
      'nobody answers about this',
      () => a.ask('b', { ...question(''), subject: 'other' }).answer,
      0,
      'unreachable, may be done: the node could not answer',
    ],
    [
      'what answers fails',
      () => a.ask('b', { ...question(''), subject: 'broken' }).answer,
      0,
      'unreachable, may be done: the node could not answer',
    ],
    [
      'no answer in time',
      () => a.ask('b', question('', 3000)).answer,
      3000,
      'unreachable, may be done: the node did not answer in time',
    ],
    [
      'a node that lives and does not listen',
      () => {
        mail.fail('b', 'unheard');
        return a.ask('b', question('')).answer;
      },
      1100,
      'unreachable: the node cannot be reached at present',
    ],
    [
      'the store is away',
      () => {
        mail.fail('b', 'unsent');
        return a.ask('b', question('')).answer;
      },
      5100,
      'unreachable: the node cannot be reached at present',
    ],
    [
      'no word whether it was heard',
      () => {
        mail.fail('b', 'unsure');
        return a.ask('b', question('')).answer;
      },
      0,
      'unreachable, may be done: the node cannot be reached at present',
    ],
  ];
  for (const [what, ask, waitMs, expected] of cases) {
    const fate = fateOf(ask());
    if (waitMs > 0) {
      await pass(at, waitMs - 200);
      t.equal(fate.now(), 'waits', `${what}: not before`);
    }
    await pass(at, 300);
    t.equal(fate.now(), expected, what);
    mail.fail('b', undefined);
  }
  const fate = fateOf(a.ask('b', question('')).answer);
  await turns();
  mail.bury('b');
  a.gone('b');
  await turns();
  t.equal(fate.now(), 'gone, may be done: the node is gone', 'a node that dies meanwhile');
});

t.test('questions are bounded in number and bytes, and what has ended makes room', async (t) => {
  const at = stage();
  const { a, b } = at;
  b.serve('test', { answer: () => new Promise(() => {}) });
  const asked = Array.from({ length: 10 }, () => a.ask('b', question('')));
  t.match(fateOf(asked[0]?.answer as Promise<Buffer>).now(), 'waits');
  const full = 'unreachable: too much is asked of other nodes already';
  const fate = fateOf(a.ask('b', question('')).answer);
  await turns();
  t.equal(fate.now(), full);
  for (const one of asked.slice(1)) {
    one.cancel();
    await t.rejects(one.answer, NodeUnreachable);
  }
  const big = fateOf(a.ask('b', question('x'.repeat(9000))).answer);
  const tooBig = fateOf(a.ask('b', question('x'.repeat(9000))).answer);
  await turns();
  t.equal(big.now(), 'waits');
  t.equal(tooBig.now(), full);
});

t.test('whoever answers knows when nobody waits any more, and when it is wanted now', async (t) => {
  const at = stage();
  const { a, b, mail } = at;
  const askers: Asker[] = [];
  const answers: ((text: string) => void)[] = [];
  b.serve('test', {
    answer(_body, asker) {
      askers.push(asker);
      return new Promise((resolve) => answers.push(resolve));
    },
  });
  const [cancelled, hurried, late, dead, lost] = Array.from({ length: 5 }, (_, index) =>
    a.ask('b', question('', index === 2 ? 1000 : 60_000)),
  ) as [ReturnType<OpenPeers['ask']>, ...ReturnType<OpenPeers['ask']>[]];
  const fates = [hurried, late, dead, lost].map((one) => fateOf(one?.answer as Promise<Buffer>));
  await turns();
  cancelled.cancel();
  await t.rejects(cancelled.answer, NodeUnreachable);
  hurried?.hurry();
  await pass(at, 1100);
  const states = () => askers.map((one) => [one.cancelled.aborted, one.hurried.aborted]);
  const [no, yes] = [false, true];
  t.same(states(), [
    [yes, no],
    [no, yes],
    [yes, no],
    [no, no],
    [no, no],
  ]);
  answers[1]?.('now');
  await turns();
  t.equal(fates[0]?.now(), 'now');
  t.equal(hurried?.hurry(), undefined, 'what is answered can be hurried');
  t.equal(hurried?.cancel(), undefined, 'or cancelled, without effect');

  mail.fail('a', 'unsent');
  answers[4]?.('kept until it can be handed over');
  await pass(at, 30_000);
  mail.fail('a', undefined);
  await pass(at, 100);
  t.equal(fates[3]?.now(), 'kept until it can be handed over');

  b.gone('a');
  t.same(
    states().map(([cancelled]) => cancelled),
    [yes, no, yes, yes, no],
    'those that are answered are over',
  );
});

t.test('an answer that cannot be handed over is as if nobody had waited for it', async (t) => {
  const at = stage();
  const { a, b, mail } = at;
  const askers: Asker[] = [];
  let answer = (_: string) => {};
  b.serve('test', {
    answer(_body, asker) {
      askers.push(asker);
      return new Promise((resolve) => (answer = resolve));
    },
  });
  const { answer: unheard } = a.ask('b', question(''));
  unheard.catch(() => {});
  await turns();
  mail.bury('a');
  answer('to nobody');
  await turns();
  t.equal(askers[0]?.cancelled.aborted, true);
});

t.test('ids tell where what they name lives', async (t) => {
  const { a, b } = stage();
  const id = ownedIds(() => 'random', b)();
  t.equal(id, 'random.b');
  t.equal(ownerOf(id, a), 'b');
  t.equal(ownerOf(id, b), undefined, 'here');
  t.equal(ownerOf(id, undefined), undefined, 'where there are no others');
  t.equal(ownedIds(() => 'random', undefined)(), 'random');
  for (const forged of ['', 'x', 'x.', 'x.*', 'x. ', `x.${'n'.repeat(65)}`, 'x.a\nb', '.b{}'])
    t.equal(ownerOf(forged, a), undefined, forged);
});
