import t from 'tap';
import type { Happening } from '../../server/index.ts';
import { inTime, silent } from '../support/servers.ts';
import { createLossyLog } from './lossy-log.ts';
import { add, ofType, present, selected, stage } from './person.ts';
import { createUnsureLog } from './unsure-log.ts';

t.test('[ND3] who is in a room whose log was lost is taken into the one that follows', async (t) => {
  const log = createLossyLog();
  const at = await stage(t, {}, { log });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask(add('i'));
  const { epoch } = await ada.ask({ type: 'requestSync' });
  for (const one of [ada, ben]) await one.news();
  await log.lose('room');
  await at.pass(100);
  for (const one of [ada, ben]) {
    const heard = one.look();
    const [whole] = ofType(heard, 'sceneState');
    t.match(whole, { version: 0 });
    t.not(whole?.epoch, epoch);
    t.same(present(heard), ['ada', 'ben']);
    t.same(ofType(heard, 'error'), []);
  }
  t.match(await ben.ask(add('j')), { type: 'ack', version: 1 });
  t.equal(ofType(await ada.news(), 'sceneDelta').length, 1, 'told once');
});

t.test(
  '[ND3] so is who could not be taken in at once, and what it commands meanwhile is refused',
  async (t) => {
    const log = createLossyLog();
    const at = await stage(t, {}, { log });
    const [ada, ben] = [await at.member('ada'), await at.member('ben')];
    log.failing = true;
    await log.lose('room');
    await at.pass(3000, 100);
    t.same(
      ofType(ada.look(), 'error').map(({ op }) => op),
      [],
      'it has asked for nothing',
    );
    t.match(await ben.ask(add('i')), { type: 'error' });
    log.failing = false;
    await at.pass(3000, 100);
    t.same(present(ada.look()), ['ada', 'ben']);
    t.match(await ben.ask(add('i')), { type: 'ack', version: 1 });
  },
);

t.test('[ND3] who goes where the room cannot be opened has left it when it can be', async (t) => {
  const log = createLossyLog();
  const left: unknown[] = [];
  const onHappening = (one: Happening) => one.type === 'member.left' && left.push(one.user.userId);
  const at = await stage(t, {}, { log, onHappening });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask(add('i'));
  log.shut = true;
  await log.lose('room', 1);
  await at.pass(3000, 100);
  ada.wire.close();
  ben.send({ type: 'leave' });
  await at.pass(3000, 100);
  log.shut = false;
  t.same(left, []);
  await at.pass(2000, 100);
  t.same(left.sort(), ['ada', 'ben']);
});

t.test('[ND3] who goes where the room cannot be opened and comes back is in it', async (t) => {
  const log = createLossyLog();
  const at = await stage(t, {}, { log });
  const ada = await at.member('ada');
  await ada.ask(add('i'));
  log.shut = true;
  await log.lose('room', 1);
  await at.pass(3000, 100);
  ada.send({ type: 'leave' });
  await at.pass(100);
  log.shut = false;
  t.match(await ada.join('room', 'ada'), { type: 'ack' });
  await at.pass(3000, 100);
  t.match(await at.server.presence('room'), [{ userId: 'ada' }]);
  t.match(await ada.ask(add('i')), { type: 'ack' });
});

t.test(
  '[ND3] nobody tries to open a room while nothing can be written, or the server has ended',
  async (t) => {
    const log = createLossyLog();
    let opened = 0;
    let isWritable = true;
    const open: typeof log.open = (...given) => {
      opened += 1;
      return log.open(...given);
    };
    const at = await stage(t, {}, { log: { ...log, open, writable: () => isWritable } });
    const ada = await at.member('ada');
    log.shut = true;
    await log.lose('room', 1);
    ada.wire.close();
    await at.pass(3000, 100);
    t.ok(opened > 2, 'it has been tried');
    isWritable = false;
    await at.pass(1000, 100);
    const amid = opened;
    await at.pass(5000, 100);
    t.equal(opened, amid);
    isWritable = true;
    await at.pass(2000, 100);
    t.ok(opened > amid, 'again');
    await inTime(at, at.server.close());
    const before = opened;
    await at.pass(5000, 100);
    t.equal(opened, before);
  },
);

t.test('that a room cannot be opened is logged once a minute, however often it is tried', async (t) => {
  const log = createLossyLog();
  const lines: unknown[] = [];
  const logger = {
    ...silent,
    error: (fields: unknown) => void lines.push((fields as { roomId: string }).roomId),
  };
  const at = await stage(t, {}, { log, logger });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  log.shut = true;
  await log.lose('room');
  ada.wire.close();
  await at.pass(50_000, 100);
  t.match(await ben.ask({ type: 'heartbeat' }), { type: 'ack' }, 'somebody waits for it all the time');
  t.same(lines, ['room']);
  await at.pass(60_000, 100);
  t.same(lines, ['room', 'room']);
});

t.test('[ND3] who asks for the state before it could be taken in is told that it is not there', async (t) => {
  const log = createLossyLog();
  const at = await stage(t, {}, { log });
  const ada = await at.member('ada');
  const answerTo = (ref: string) => ada.heard().filter((one) => one.ref === ref);
  log.failing = true;
  await log.lose('room');
  ada.send({ type: 'requestSync', ref: 'on its way' });
  t.same(answerTo('on its way'), [], 'it may still be taken in');
  await at.pass(100);
  t.match(answerTo('on its way'), [{ type: 'error', op: 'requestSync', code: 'NOT_JOINED' }]);
  ada.send({ type: 'requestSync', ref: 'until it is tried again' });
  await at.settle();
  t.match(answerTo('until it is tried again'), [{ type: 'error', op: 'requestSync', code: 'NOT_JOINED' }]);
  log.failing = false;
  await at.pass(3000, 100);
  t.match(await ada.ask({ type: 'requestSync' }), { type: 'syncResponse' });
});

t.test('[ND3] who leaves before it could be taken in stays away', async (t) => {
  const log = createLossyLog();
  const at = await stage(t, {}, { log });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  log.failing = true;
  await log.lose('room');
  await at.pass(300, 100);
  ada.send({ type: 'leave' });
  await at.pass(3000, 100);
  log.failing = false;
  await at.pass(3000, 100);
  t.same(present(ben.look()), ['ben']);
  t.match(await ben.ask(add('i')), { type: 'ack', version: 1 });
  t.same(ofType(await ada.news(), 'sceneDelta'), [], 'it hears nothing more');
  t.match(await ada.ask({ type: 'join', roomId: 'room' }), { type: 'ack' });
});

t.test('[ND3] what was viewed before others took the node for dead is viewed again, unasked', async (t) => {
  const log = createUnsureLog();
  const at = await stage(t, {}, { log });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  for (const one of [ada, ben]) await one.ask({ type: 'join_viewer', planetId: 'p' });
  for (const one of [ada, ben]) await one.ask({ type: 'join_viewer', planetId: 'left' });
  await ada.ask({ type: 'leave_viewer', planetId: 'left' });
  for (const one of [ada, ben]) await one.news();
  await log.bury();
  await at.pass(100);
  for (const planetId of ['p', 'left']) ben.send({ type: 'camera', planetId, camera: { zoom: 2 } });
  await at.pass(100);
  const heard = await ada.news();
  t.same(
    ofType(heard, 'camera').map(({ planetId, userId }) => [planetId, userId]),
    [['p', 'ben']],
  );
  t.same([...ofType(heard, 'ack'), ...ofType(heard, 'error')], [], 'it has asked for nothing');
});

t.test('[ND3] so it is in a room whose log was lost, also where the log takes a while', async (t) => {
  const log = createLossyLog();
  const at = await stage(t, {}, { log });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  for (const one of [ada, ben]) await one.ask({ type: 'join_viewer', planetId: 'p' });
  log.failing = true;
  await log.lose('room');
  await at.pass(3000, 100);
  log.failing = false;
  await at.pass(3000, 100);
  await ada.news();
  ben.send({ type: 'camera', planetId: 'p', camera: { zoom: 2 } });
  await at.pass(100);
  t.match(ofType(await ada.news(), 'camera'), [{ planetId: 'p', userId: 'ben' }]);
});

t.test('[ND3] who had left stays away, where the log has lost that it did', async (t) => {
  const log = createLossyLog();
  const at = await stage(t, {}, { log });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.join('another', 'ada');
  await ada.ask({ type: 'select', roomId: 'room', planetId: 'p' });
  await ada.ask({ type: 'leave', roomId: 'room' });
  await ben.news();
  await log.lose('room', 1);
  await at.pass(1000, 100);
  const heard = await ben.news();
  t.same(present(heard), ['ben']);
  t.same(selected(heard), {}, 'what it had selected is free');
  t.same(ofType(ada.look(), 'error'), []);
  t.match(await ada.join('room', 'ada'), { type: 'ack' });
  t.same(present(await ben.news()), ['ben', 'ada']);
});
