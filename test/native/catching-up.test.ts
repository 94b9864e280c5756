import t from 'tap';
import { createGatedLog } from './gated-log.ts';
import { ofType, type Person, present, type Stage, stage } from './person.ts';

const names = ['r1', 'r2', 'r3', 'r4'];
const pad = 'p'.repeat(8000);
/** Less than what is missed in all rooms, and more than in any of them. */
const env = { MAX_BUFFERED_BYTES: String(150_000) };

async function say(ada: Person, roomId: string, from: number, count: number): Promise<void> {
  for (let n = from; n < from + count; n++)
    await ada.ask({ type: 'relay', roomId, event: 'said', data: { n, pad } });
}

/** What was said in each room, as somebody has heard it. */
function heardIn(messages: ReturnType<Person['heard']>, roomId: string): number[] {
  return ofType(messages, 'event').flatMap((one) => (one.roomId === roomId ? [one.data.n] : []));
}

/** Reads all that is there, again and again, with pauses in which the buffer fills. */
async function readSlowly(at: Stage, one: Person): Promise<void> {
  for (let turn = 0; turn < 12; turn++) {
    one.wire.read();
    one.wire.stall();
    await at.pass(64);
  }
  one.wire.read();
  await at.pass(64);
}

/** Somebody who was in a room, and has missed so much there, is connected again. */
async function missing(at: Stage, protocol: string, count: number) {
  const ada = at.person();
  const first = at.person({ protocol });
  await at.settle();
  await ada.join('r1', 'ada');
  const { epoch, version, offset } = await first.join('r1', 'ben', { scene: true });
  first.wire.close();
  await say(ada, 'r1', 0, count);
  const ben = at.person({ protocol });
  await at.settle();
  return { ada, ben, since: { epoch, version, offset } };
}

const counted = (count: number) => Array.from({ length: count }, (_, n) => n);

for (const protocol of ['', 'tandem.v1']) {
  const framing = protocol === '' ? 'single frames' : 'batch frames';

  t.test(`[SR3] what several rooms have for one that lagged does not end it: ${framing}`, async (t) => {
    const at = await stage(t, env);
    const ada = at.person();
    const ben = at.person({ protocol });
    await at.settle();
    for (const roomId of names) {
      await ada.join(roomId, 'ada');
      await ben.join(roomId, 'ben');
    }
    ben.wire.stall();
    await say(ada, 'r1', 0, 21);
    for (const roomId of names.slice(1)) await say(ada, roomId, 0, 17);
    await readSlowly(at, ben);
    t.equal(ben.wire.closedWith, undefined);
    await say(ada, 'r2', 17, 1);
    await at.pass(64);
    const heard = ben.heard();
    t.same(heardIn(heard, 'r1'), counted(21));
    t.same(heardIn(heard, 'r2'), counted(18));
    for (const roomId of ['r3', 'r4']) t.same(heardIn(heard, roomId), counted(17), roomId);
  });

  t.test(`[RS1] nor one that comes back to several rooms: ${framing}`, async (t) => {
    const at = await stage(t, env);
    const ada = at.person();
    const first = at.person({ protocol });
    await at.settle();
    const since = new Map<string, object>();
    for (const roomId of names) {
      await ada.join(roomId, 'ada');
      const { epoch, version, offset } = await first.join(roomId, 'ben', { scene: true });
      since.set(roomId, { epoch, version, offset });
    }
    first.wire.close();
    await at.pass(64);
    for (const roomId of names) await say(ada, roomId, 0, 9);
    const ben = at.person({ protocol });
    await at.settle();
    ben.heard();
    ben.wire.stall();
    for (const roomId of names)
      ben.send({ type: 'join', roomId, user: { userId: 'ben' }, since: since.get(roomId) });
    await at.pass(64);
    await readSlowly(at, ben);
    t.equal(ben.wire.closedWith, undefined);
    const heard = ben.heard();
    for (const roomId of names) t.same(heardIn(heard, roomId), counted(9), roomId);
  });

  t.test(`[RS1] who reads hears all that was missed, however much: ${framing}`, async (t) => {
    const at = await stage(t, env);
    const { ben, since } = await missing(at, protocol, 40);
    await ben.join('r1', 'ben', { since });
    await at.pass(64);
    t.same(heardIn(ben.heard(), 'r1'), counted(40));
    t.equal(ben.wire.closedWith, undefined);
  });

  t.test(
    `[SR3] what is too much at once for one that does not read comes in parts: ${framing}`,
    async (t) => {
      const at = await stage(t, env);
      const { ada, ben, since } = await missing(at, protocol, 40);
      ben.wire.stall();
      ben.send({ type: 'join', roomId: 'r1', user: { userId: 'ben' }, since });
      await at.pass(64);
      await readSlowly(at, ben);
      t.equal(ben.wire.closedWith, undefined);
      await say(ada, 'r1', 40, 1);
      await at.pass(64);
      const heard = ben.heard();
      t.same(ofType(heard, 'sceneState'), []);
      t.same(heardIn(heard, 'r1'), counted(41), 'everything, and nothing twice');
    },
  );
}

t.test('[EV5] [RM5] who joins a room again that it is in misses nothing of the same tick', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  ada.heard();
  const relay = (n: number) => ({ type: 'relay', roomId: 'room', event: 'said', data: { n } });
  // What it says first leaves at once; what follows waits for the tick.
  ben.send(relay(0));
  ada.send({ type: 'join', roomId: 'room', user: { userId: 'ada' } });
  ben.send(relay(1));
  await at.pass(64);
  t.same(heardIn(ada.heard(), 'room'), counted(2));
});

for (const protocol of ['', 'tandem.v1']) {
  const framing = protocol === '' ? 'single frames' : 'batch frames';

  t.test(`[EV5] who joins again from a place hears its own, too, also in parts: ${framing}`, async (t) => {
    const log = createGatedLog();
    const at = await stage(t, env, { log });
    const [ada, ben] = [at.person({ protocol }), at.person()];
    await at.settle();
    await ben.join('r1', 'ben');
    const { epoch, version, offset } = await ada.join('r1', 'ada');
    await at.pass(64);
    log.hold();
    for (let n = 0; n < 30; n++) {
      const relay = { type: 'relay', roomId: 'r1', event: 'said', data: { n, pad } };
      (n % 2 === 0 ? ben : ada).send(relay);
    }
    const since = { epoch, version, offset };
    ada.send({ type: 'join', roomId: 'r1', user: { userId: 'ada' }, since });
    await at.pass(64);
    // The tick of this signal runs when the rest is accepted, so that all of it is told at once.
    ben.send({ type: 'typing', roomId: 'r1', isTyping: true });
    log.release();
    await at.settle();
    await at.pass(64);
    await readSlowly(at, ada);
    t.same(heardIn(ada.heard(), 'r1'), counted(30));
  });
}

t.test(
  '[SR3] who hears the last words of somebody, and not that they have left, hears them once',
  async (t) => {
    const at = await stage(t, { MAX_MESSAGE_BYTES: '8000', MAX_BUFFERED_BYTES: '8000' });
    const [ada, ben, cy] = [await at.member('ada'), await at.member('ben'), await at.member('cy')];
    const half = 'p'.repeat(5000);
    const write = (version: number) => ({ type: 'operation', documentId: 'd', operation: [half], version });
    ada.wire.stall();
    // This leaves at once, and the rest together. It fits with the second one, and nothing behind that.
    ben.send(write(0));
    cy.send(write(1));
    cy.send({ type: 'leave' });
    await at.pass(64);
    ada.wire.read();
    const news = await ada.news();
    t.same(
      ofType(news, 'operation').map(({ version }) => version),
      [1, 2],
    );
    t.same(present(news), ['ada', 'ben']);
  },
);

for (const [first, lost] of [
  [5000, 'the end of it'],
  // As large as it may be; with the name of who says it, more than may be buffered.
  [7900, 'all of it'],
] as const) {
  t.test(
    `[SR3] who loses a tick in which somebody comes, speaks and goes hears it once: ${lost}`,
    async (t) => {
      const at = await stage(t, { MAX_MESSAGE_BYTES: '8000', MAX_BUFFERED_BYTES: '8000' });
      const [ada, ben, cy] = [await at.member('ada'), await at.member('ben'), await at.member('cy')];
      const dan = at.person();
      await at.settle();
      ada.wire.stall();
      // This leaves at once, and the rest together.
      ben.send({ type: 'relay', event: 'said', data: { n: 0, pad: 'p'.repeat(first) } });
      dan.send({ type: 'join', roomId: 'room', user: { userId: 'dan' } });
      cy.send({ type: 'relay', event: 'said', data: { n: 1, pad: 'p'.repeat(5000) } });
      cy.send({ type: 'leave' });
      await at.pass(64);
      ada.wire.read();
      const news = await ada.news();
      t.same(heardIn(news, 'room'), counted(2));
      t.same(present(news), ['ada', 'ben', 'dan']);
      t.same(ofType(news, 'sceneState'), []);
    },
  );
}
