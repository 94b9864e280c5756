import t, { type Test } from 'tap';
import type { Principal } from '../../server/dispatch/principal.ts';
import { createAuthorizer } from '../../server/outbound/authorizer.ts';
import { createPost } from '../../server/outbound/post.ts';
import { signingSecret } from '../../server/settings/forms.ts';
import { APPLICATION_SECRET, startApplication } from '../support/application.ts';
import { createManualClock } from '../support/manual-clock.ts';

const ada: Principal = {
  kind: 'user',
  userId: 'ada',
  name: 'Ada',
  email: 'ada@example.org',
  role: 'editor',
  projects: undefined,
  rooms: undefined,
  scope: [],
  expiresAt: undefined,
  proof: { fingerprint: 'secret fingerprint', jti: 'secret jti', issuedAt: 1, key: undefined },
};

async function authorizer(t: Test, given: { cacheMs?: number; whenDown?: 'refuse' | 'allow' } = {}) {
  const application = await startApplication(t, true);
  const clock = createManualClock();
  const outcomes: string[] = [];
  const downs: unknown[] = [];
  let ids = 0;
  const secret = signingSecret.read(APPLICATION_SECRET) as Uint8Array;
  const post = createPost({ url: new URL(application.url), secret, timeoutMs: 2000 }, clock);
  const decide = createAuthorizer({
    post,
    clock,
    newId: () => `id-${ids++}`,
    timeoutMs: 2000,
    cacheMs: given.cacheMs ?? 10_000,
    whenDown: given.whenDown ?? 'refuse',
    onAnswered: (outcome) => outcomes.push(outcome),
    onDown: (error) => downs.push(error),
  });
  return { application, clock, decide, outcomes, downs };
}

t.test('[ID12] the application is asked who, what and where, signed and without any token', async (t) => {
  const { application, decide, outcomes } = await authorizer(t);
  application.reply = ({ body }) => ({ body: { allow: body.action === 'join', reason: 'ignored' } });
  t.equal(await decide(ada, 'join', 'room'), true);
  t.equal(await decide(ada, 'write', 'room'), false);
  t.equal(await decide({ kind: 'guest', userId: 'claimed' }, 'join', 'room'), true);
  const principal = {
    kind: 'user',
    sub: 'ada',
    name: 'Ada',
    email: 'ada@example.org',
    role: 'editor',
    scope: [],
  };
  t.same(
    application.calls.map(({ body }) => body),
    [
      { principal, action: 'join', room: 'room' },
      { principal, action: 'write', room: 'room' },
      { principal: { kind: 'guest' }, action: 'join', room: 'room' },
    ],
  );
  t.same(application.forged, [], 'as the package for applications verifies it');
  t.notOk(application.calls.some(({ text }) => text.includes('secret')));
  t.same(outcomes, ['allowed', 'refused', 'allowed']);
});

t.test('[ID12] an answer holds for a time, and who asks the same at once shares the question', async (t) => {
  const { application, clock, decide } = await authorizer(t);
  let allow = true;
  application.reply = () => ({ body: { allow } });
  const same = [1, 2, 3].map(() => decide(ada, 'join', 'room'));
  t.same(await Promise.all(same), [true, true, true]);
  t.equal(application.calls.length, 1);
  clock.advance(9999);
  t.equal(decide(ada, 'join', 'room'), true, 'at once');
  allow = false;
  t.equal(await decide(ada, 'join', 'other'), false, 'another question');
  clock.advance(2);
  t.equal(await decide(ada, 'join', 'room'), false, 'asked again');
  t.equal(decide(ada, 'join', 'room'), false, 'a refusal holds, too');
  t.equal(application.calls.length, 3);
});

t.test('[ID12] with no time to hold, each question is asked', async (t) => {
  const { application, decide } = await authorizer(t, { cacheMs: 0 });
  application.reply = () => ({ body: { allow: true } });
  for (let count = 0; count < 3; count++) t.equal(await decide(ada, 'join', 'room'), true);
  t.equal(application.calls.length, 3);
});

const failures: [string, Awaited<ReturnType<Awaited<ReturnType<typeof startApplication>>['reply']>>][] = [
  ['an error', { status: 500, body: { allow: true } }],
  ['another success', { status: 204, body: '' }],
  ['a redirect', { status: 302, headers: { location: '/elsewhere' }, body: { allow: true } }],
  ['no JSON', { body: '{"allow": true' }],
  ['another shape', { body: { allow: 'yes' } }],
  ['a list', { body: [true] }],
  ['far too much', { body: { allow: true, padding: 'x'.repeat(200_000) } }],
];

for (const [name, reply] of failures) {
  t.test(`[ID12] ${name} is no answer: refused, or allowed where that is set, and asked again`, async (t) => {
    for (const whenDown of ['refuse', 'allow'] as const) {
      const { application, decide, outcomes, downs } = await authorizer(t, { whenDown });
      application.reply = () => reply;
      for (let count = 0; count < 2; count++) {
        if (whenDown === 'allow') t.equal(await decide(ada, 'join', 'room'), true);
        else
          await t.rejects(Promise.resolve(decide(ada, 'join', 'room')), { code: 'AUTHORIZER_UNAVAILABLE' });
      }
      t.same([application.calls.length, outcomes, downs.length], [2, ['failed', 'failed'], 1], 'told once');
      application.reply = () => ({ body: { allow: false } });
      t.equal(await decide(ada, 'join', 'room'), false, 'and is asked as soon as it is back');
    }
  });
}

t.test('[ID12] silence is no answer after the timeout', async (t) => {
  const { application, clock, decide } = await authorizer(t);
  application.reply = () => 'nothing';
  const answer = Promise.resolve(decide(ada, 'join', 'room'));
  answer.catch(() => {});
  await application.until(1);
  clock.advance(2001);
  await t.rejects(answer, { code: 'AUTHORIZER_UNAVAILABLE' });
});

t.test('[ID12] whoever waits behind questions that get no answer is told in time, too', async (t) => {
  const { application, clock, decide } = await authorizer(t);
  application.reply = () => 'nothing';
  let told = 0;
  for (let index = 0; index < 500; index++)
    Promise.resolve(decide(ada, 'join', `room-${index}`)).catch(() => {
      told += 1;
    });
  await application.until(64);
  clock.advance(2001);
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
  t.equal(told, 500);
  application.reply = () => ({ body: { allow: true } });
  t.equal(await decide(ada, 'join', 'room'), true, 'and who comes later is asked about');
});

t.test('[ID12] so is nobody at the address', async (t) => {
  const { application, decide } = await authorizer(t);
  await application.close();
  await t.rejects(Promise.resolve(decide(ada, 'join', 'room')), { code: 'AUTHORIZER_UNAVAILABLE' });
});

t.test('[ID12] a crowd does not open more connections than some', async (t) => {
  const { application, decide } = await authorizer(t);
  const open: (() => void)[] = [];
  application.reply = () => new Promise((resolve) => open.push(() => resolve({ body: { allow: true } })));
  const answers = Array.from({ length: 200 }, (_, index) => decide(ada, 'join', `room-${index}`));
  await application.until(64);
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  t.equal(application.calls.length, 64);
  let answered = 0;
  while (answered < 200) {
    answered += open.length;
    for (const answer of open.splice(0)) answer();
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.ok((await Promise.all(answers)).every((one) => one === true));
});
