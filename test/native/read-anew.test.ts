import t from 'tap';
import { createLossyLog } from './lossy-log.ts';
import { add, ofType, present, stage } from './person.ts';

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
