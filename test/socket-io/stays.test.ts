import t from 'tap';
import { STAYS } from '../../server/recovery/recovery.ts';
import { createGatedLog, type GatedLog } from '../native/gated-log.ts';
import { breakOff, comeBack, onEach, type Person } from './stage.ts';

const roomId = 'r';

/** Connects again with the pid and the mark of somebody's choice. */
async function comeBackWith(one: Person, pid: unknown, mark?: unknown): Promise<boolean> {
  Object.assign(one.socket, { _pid: pid, _lastOffset: mark });
  return comeBack(one);
}

onEach(t, '[SO14] a stay goes to one connection, however many ask for it at once', async (t, start) => {
  const waiting: (() => void)[] = [];
  let holds = false;
  const authorize = async () => {
    if (holds) await new Promise<void>((resolve) => waiting.push(resolve));
    return true;
  };
  const at = await start({}, { authorize });
  const people = [await at.client({ as: 'ada' }), await at.client({ as: 'ada' })];
  const [ada, twin] = people as [Person, Person];
  await ada.ask('join_room', { roomId });
  await ada.ask('send_message', { roomId, message: 'one' });
  await ada.next('message');
  await twin.next('connect');
  const { _pid: pid, _lastOffset: mark } = ada.socket as unknown as Record<string, unknown>;
  for (const one of people) await breakOff(one);
  holds = true;
  const both = people.map((one) => comeBackWith(one, pid, mark));
  // Both have been told what they missed, and neither is back.
  while (waiting.length < 2) await new Promise((resolve) => setImmediate(resolve));
  holds = false;
  for (const goOn of waiting.splice(0)) goOn();
  const recovered = await Promise.all(both);
  t.same(recovered.sort(), [false, true]);
  const late = people.find((one) => !one.socket.recovered) as Person;
  t.match(await late.ask('send_message', { roomId, message: 'x' }), { code: 'NOT_JOINED' });
  await late.ask('join_room', { roomId });
  t.match(await late.ask('send_message', { roomId, message: 'two' }), { ok: true });
});

onEach(t, '[SO14] forged pids and marks lead to nothing but a new beginning', async (t, start) => {
  const at = await start();
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  for (const one of [ada, ben]) await one.ask('join_room', { roomId });
  const pidOf = (one: Person) => (one.socket as unknown as { _pid: string })._pid;
  const foreign = pidOf(ben);
  for (const pid of [
    '__proto__',
    'constructor',
    'x'.repeat(50_000),
    '\u0000',
    'no such',
    7,
    { a: 1 },
    foreign,
  ]) {
    await breakOff(ada);
    t.equal(await comeBackWith(ada, pid), false, JSON.stringify(pid).slice(0, 40));
  }
  const marks = [
    '__proto__',
    '0.0.e.__proto__',
    `1.1.e.${roomId}`,
    `999999999999999.999999999999999.e.${roomId}`,
    '-1.0.e.r',
    '1.1.e.another room',
    `${'9'.repeat(40)}.1.e.${roomId}`,
  ];
  for (const mark of marks) {
    await ada.ask('join_room', { roomId });
    const pid = pidOf(ada);
    await breakOff(ada);
    await comeBackWith(ada, pid, mark);
    await ada.ask('join_room', { roomId });
    t.match(await ada.ask('send_message', { roomId, message: mark }), { ok: true });
    t.match(await ben.next('message'), { message: mark });
  }
  const pid = pidOf(ada);
  for (const mark of [`1.1.e.${roomId}`, `999999999999999.1.e.${roomId}`, '1.1.e.another room']) {
    await breakOff(ada);
    t.equal(await comeBackWith(ada, pid, mark), false, 'what it cannot have seen is not taken for a place');
    await ada.ask('join_room', { roomId });
  }
  for (const mark of [{ a: 1 }, 7, ['x']]) {
    const own = pidOf(ada);
    await breakOff(ada);
    await comeBackWith(ada, own, mark);
    await ada.ask('join_room', { roomId });
  }
  t.match(await ben.ask('send_message', { roomId, message: 'still here' }), { ok: true });
});

onEach(t, '[SO14] what a client does as soon as it is back is none of what it missed', async (t, start) => {
  const at = await start();
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  for (const one of [ada, ben]) await one.ask('join_room', { roomId });
  await ada.ask('send_message', { roomId, message: 'before' });
  await ada.next('message');
  await breakOff(ada);
  await ben.ask('operation', { roomId, documentId: 'd', operation: ['Hello'], version: 0 });
  // The client keeps these for the moment in which it is connected.
  const changes = { section: 's', action: 'add', content: 'c' };
  const said = [
    ada.ask('operation', { roomId, documentId: 'd', operation: ['!'], version: 0 }),
    ada.ask('blueprint_update', { roomId, blueprintId: 'b', changes }),
  ];
  t.equal(await comeBack(ada), true);
  for (const answer of await Promise.all(said)) t.match(answer, { ok: true });
  await ben.ask('send_message', { roomId, message: 'after' });
  t.match(await ada.next('message'), { message: 'after' });
  t.match(await ada.next('operation'), { userId: 'ben', operation: ['Hello'] }, 'it was away then');
  t.notOk(ada.heard().includes('operation'), 'its own would be done twice');
  t.notOk(ada.heard().includes('blueprint_update'));
  t.match(await ben.next('blueprint_update'), { userId: 'ada', changes });
});

/** Starts what is to be answered, and tells whether it is before what is kept of the stay is durable. */
async function isAnsweredEarly(
  log: GatedLog,
  guest: Person,
  asking: () => Promise<object>,
): Promise<boolean> {
  log.hold(STAYS);
  let isAnswered = false;
  const answer = asking().then((what) => {
    isAnswered = true;
    return what;
  });
  while (log.held === 0) await new Promise((resolve) => setImmediate(resolve));
  // Flushes go by meanwhile.
  for (const message of ['one', 'two']) await guest.ask('send_message', { roomId, message });
  const isEarly = isAnswered;
  log.release();
  await answer;
  return isEarly;
}

onEach(
  t,
  '[SO14] who is told to be in a room, or out of it, is found so after a crash',
  async (t, start) => {
    const log = createGatedLog();
    const at = await start({}, { log });
    const guest = await at.client();
    await guest.ask('join_room', { roomId });
    const ada = await at.client({ as: 'ada' });
    await ada.next('connect');
    t.equal(await isAnsweredEarly(log, guest, () => ada.ask('join_room', { roomId })), false, 'in');
    t.match(await guest.next('user_joined'), { userId: 'ada' });
    t.match(await ada.ask('send_message', { roomId, message: 'here' }), { ok: true });
    // What was said before the answer, as it was in the room by then, and what comes after it.
    for (const message of ['one', 'two', 'here']) t.match(await ada.next('message'), { message });
    t.equal(await isAnsweredEarly(log, guest, () => ada.ask('leave_room', { roomId })), false, 'out');
    t.match(await guest.next('user_left'), { userId: 'ada' });
    t.match(await ada.ask('send_message', { roomId, message: 'gone' }), { code: 'NOT_JOINED' });
  },
  ['websocket only'],
);
