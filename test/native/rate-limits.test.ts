import t, { type Test } from 'tap';
import { add, ofType, type Person, stage, update } from './person.ts';

const select = (count: number) => ({ type: 'select', planetId: `p${count % 9}` });
const cursor = { type: 'cursor', position: [1, 2] };

async function burst(one: Person, count: number, make: (index: number) => object) {
  for (let index = 0; index < count; index++) one.send({ ...make(index), ref: index });
  const news = await one.news();
  return {
    acks: ofType(news, 'ack').filter((message) => typeof message.ref === 'number'),
    errors: ofType(news, 'error'),
  };
}

t.test('[RL1] commands have their bucket, refilled evenly', async (t) => {
  const at = await stage(t, { RATE_LIMIT: '20/10s', STREAM_LIMIT: '50/1s' });
  const ada = await at.member('ada');
  await at.pass(20_000, 1000);
  t.equal((await burst(ada, 30, select)).acks.length, 20);
  await at.pass(5000, 500);
  t.equal((await burst(ada, 30, select)).acks.length, 10, 'half of it after half the time');
});

t.test('[RL1] signals and operations have another, with a burst of twice the rate', async (t) => {
  const at = await stage(t, { RATE_LIMIT: '20/10s', STREAM_LIMIT: '50/1s' });
  const ada = await at.member('ada');
  await at.pass(20_000, 1000);
  t.equal((await burst(ada, 150, () => cursor)).acks.length, 100);
  t.equal((await burst(ada, 15, select)).acks.length, 15, 'the buckets do not empty each other');
  await at.pass(2000, 100);
  t.equal((await burst(ada, 150, (index) => add(`i${index}`))).acks.length, 100);
});

t.test('[RL1] each operation of a command counts', async (t) => {
  const at = await stage(t, { STREAM_LIMIT: '50/1s' });
  const ada = await at.member('ada');
  await ada.ask(add('i'));
  await at.pass(5000, 500);
  const operations = Array.from({ length: 30 }, (_, n) => update('i', { n }).operation);
  const { acks, errors } = await burst(ada, 5, () => ({ type: 'sceneOperation', operations }));
  t.equal(acks.length, 3, '100 hold three times 30');
  t.hasStrict(errors[0], { code: 'RATE_LIMITED', op: 'sceneOperation', ref: 3 });
});

t.test('[RL1] a requestSync counts as five commands', async (t) => {
  const at = await stage(t, { RATE_LIMIT: '12/10s' });
  const ada = await at.member('ada');
  await at.pass(20_000, 1000);
  for (let count = 0; count < 2; count++)
    t.match(await ada.ask({ type: 'requestSync' }), { type: 'syncResponse' });
  t.match(await ada.ask({ type: 'requestSync' }), { code: 'RATE_LIMITED' });
  t.equal((await burst(ada, 4, select)).acks.length, 2);
});

t.test('[RL1] the defaults: 60 in 10 s, and 60 a second with 120 at once', async (t) => {
  const at = await stage(t, { RATE_LIMIT: '', STREAM_LIMIT: '' });
  const ada = await at.member('ada');
  await at.pass(20_000, 1000);
  t.equal((await burst(ada, 100, select)).acks.length, 60);
  t.equal((await burst(ada, 200, () => cursor)).acks.length, 120);
});

t.test('[RL1] each connection has its own', async (t) => {
  const at = await stage(t, { RATE_LIMIT: '20/10s' });
  const [ada, ben] = [await at.member('ada'), await at.member('ada')];
  await burst(ada, 30, select);
  t.equal((await burst(ben, 10, select)).acks.length, 10);
});

t.test('[RL2] what is over the limit is refused, and told at most once a second', async (t) => {
  const at = await stage(t, { RATE_LIMIT: '10/10s' });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await at.pass(20_000, 1000);
  ben.send({ type: 'heartbeat' });
  await ben.news();
  const { errors } = await burst(ada, 40, (index) => ({ type: 'message', text: `${index}` }));
  t.equal(errors.length, 1);
  t.hasStrict(errors[0], { ok: false, op: 'message', ref: 10, code: 'RATE_LIMITED' });
  t.ok(errors[0]?.retryAfterMs > 900 && errors[0]?.retryAfterMs <= 1000);
  t.equal(ofType(await ben.news(), 'message').length, 10, 'what was refused had no effect');
  t.same((await burst(ada, 5, select)).errors, [], 'not within the second');
  await at.pass(1000);
  const later = await burst(ada, 4, select);
  t.equal(later.errors.length, 1);
  await at.pass(later.errors[0]?.retryAfterMs, 50);
  t.equal((await burst(ada, 1, select)).acks.length, 1, 'after retryAfterMs it is taken');
});

t.test('[RL2] what cannot be understood counts, too', async (t) => {
  const at = await stage(t, { RATE_LIMIT: '10/10s' });
  const ada = at.person();
  await at.settle();
  for (let count = 0; count < 20; count++)
    ada.wire.sendRaw(['no json', '[]', '{"type":"x"}', '{}'][count % 4] ?? '');
  const codes = ofType(await ada.news(), 'error').map((one) => one.code);
  t.equal(codes.length, 11);
  t.equal(codes.at(-1), 'RATE_LIMITED');
});

t.test('[RL3] ten times the limit closes the connection with FLOOD', async (t) => {
  for (const make of [select, () => cursor, () => ({ type: 'unheard of' })]) {
    const at = await stage(t, { RATE_LIMIT: '10/10s', STREAM_LIMIT: '10/10s' });
    const [ada, ben] = [await at.member('ada'), await at.member('ben')];
    await at.pass(20_000, 1000);
    ben.send({ type: 'heartbeat' });
    for (let count = 0; count < 100; count++) ada.send(make(count));
    t.equal(ada.wire.closedWith, undefined, 'a hundred are ten times ten');
    ada.send(make(100));
    t.equal(ada.wire.closedWith?.code, 4102);
    t.same(JSON.parse(ada.wire.closedWith?.reason ?? ''), { code: 'FLOOD' });
    const news = await ben.news();
    t.same(ofType(news, 'presence').at(-1)?.users.length, 1);
    t.hasStrict(await ben.ask(select(1)), { type: 'ack' }, 'the others go on');
  }
});

t.test('[RL3] one command with more operations than may be is refused, and is no flood', async (t) => {
  const at = await stage(t, { STREAM_LIMIT: '60/1s' });
  const ada = await at.member('ada');
  await at.pass(5000, 500);
  const operations = Array.from({ length: 700 }, (_, n) => ({ type: 'remove', target: 'item', id: `i${n}` }));
  t.hasStrict(await ada.ask({ type: 'sceneOperation', operations }), {
    type: 'error',
    code: 'INVALID_FIELD',
  });
  t.equal((await burst(ada, 5, () => cursor)).acks.length, 5, 'what follows is not made to wait for it');
  t.equal(ada.wire.closedWith, undefined);
});

t.test('[RL3] a client that keeps to the limit for long is never taken for a flood', async (t) => {
  const at = await stage(t, { RATE_LIMIT: '10/1s', STREAM_LIMIT: '10/1s' });
  const ada = await at.member('ada');
  for (let second = 0; second < 60; second++) {
    for (let count = 0; count < 10; count++) ada.send(count % 2 === 0 ? select(count) : cursor);
    await at.pass(1000, 250);
  }
  t.equal(ada.wire.closedWith, undefined);
  t.same(ofType(ada.heard(), 'error'), []);
});

t.test('[RL4] what stands in line behind a command that was refused does not overtake it', async (t) => {
  const at = await stage(t, { RATE_LIMIT: '10/1s' });
  const ada = await at.member('ada');
  const ben = await at.member('ben');
  // As long as an id may be.
  const idOf = (n: number) => `${'🙂'.repeat(195)}o${n}`;
  const say = (n: number, more: object = {}) =>
    ada.send({ type: 'message', text: String(n), opId: idOf(n), ...more });
  const texts = () => {
    ben.look();
    return ofType(ben.heard(), 'message').map(({ text }) => Number(text));
  };
  await at.pass(2000);
  for (let n = 0; n < 12; n++) say(n, n === 0 ? {} : { after: idOf(n - 1) });
  // The bucket has room again for what is on its way behind the refused ones.
  await at.pass(500);
  say(12, { after: idOf(11) });
  say(13, { after: idOf(12) });
  await at.pass(500);
  t.same(texts(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 'nothing has overtaken');
  say(50);
  await at.pass(100);
  t.equal(texts().at(-1), 50, 'what does not stand in line is let through');
  for (let n = 10; n < 14; n++) say(n, n === 10 ? {} : { after: idOf(n - 1) });
  await at.pass(500);
  t.same(texts().slice(-4), [10, 11, 12, 13], 'what comes again is let through in its order');
});

/** Somebody who has said as much as may be said, and what another hears. */
async function exhausted(t: Test) {
  const at = await stage(t, { RATE_LIMIT: '10/1s' });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  const say = (text: string, more: object = {}) => ada.send({ type: 'message', text, ...more });
  const texts = async () => ofType(await ben.news(), 'message').map(({ text }) => text);
  await at.pass(2000);
  for (let n = 0; n < 10; n++) say(`${n}`);
  return { at, say, texts };
}

t.test('[RL4] what stands behind a command may name its opId or its ref', async (t) => {
  const { at, say, texts } = await exhausted(t);
  say('first', { opId: 'o', ref: 1 });
  await at.pass(500);
  await texts();
  say('by ref', { after: 1 });
  say('by opId', { after: 'o' });
  t.same(await texts(), [], 'neither has overtaken');
  say('first', { opId: 'o', ref: 2 });
  say('by ref', { after: 1 });
  say('by opId', { after: 'o' });
  t.same(await texts(), ['first', 'by ref', 'by opId'], 'once it has come again, nothing waits for it');
});

t.test('[RL4] a ref that another command has by now holds nothing any longer', async (t) => {
  const { at, say, texts } = await exhausted(t);
  say('given up', { opId: 'o', ref: 1 });
  say('given up, too', { ref: 2 });
  await at.pass(1000);
  await texts();
  say('another', { ref: 1 });
  say('behind it', { after: 1 });
  say('yet another', { opId: 'z', ref: 2 });
  say('behind that', { after: 2 });
  say('behind what was given up', { after: 'o' });
  t.same(await texts(), ['another', 'behind it', 'yet another', 'behind that']);
});

t.test('[RL2] [RL4] what stands behind another is told when it may come again', async (t) => {
  const at = await stage(t, { RATE_LIMIT: '10/1s' });
  const ada = await at.member('ada');
  await at.pass(2000);
  const first = { type: 'message', text: 'first', opId: 'o' };
  for (let n = 0; n < 10; n++) ada.send(select(n));
  ada.send(first);
  await at.pass(2000);
  t.match(await ada.ask({ ...select(0), after: 'o' }), { code: 'RATE_LIMITED', retryAfterMs: 1 });
  await at.pass(2000);
  for (let n = 0; n < 10; n++) ada.send(select(n));
  t.match(await ada.ask({ ...select(0), after: 'o' }), { code: 'RATE_LIMITED', retryAfterMs: 100 });
});
