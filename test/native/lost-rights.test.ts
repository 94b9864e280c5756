import t from 'tap';
import type { Decider } from '../../server/dispatch/authorization.ts';
import { createGatedLog } from './gated-log.ts';
import { add, bearer, type Person, type Stage, selected, stage, token, update } from './person.ts';

const strict = { AUTH: 'required' };
const project = { ownerId: 'ada', members: ['ben', 'cy'], active: true };
const roomId = 'scene:p:s';
const select = (planetId: string) => ({ type: 'select', planetId });

async function member(at: Stage, sub: string, claims: Record<string, unknown> = {}): Promise<Person> {
  return at.member(sub, roomId, await bearer({ sub, ...claims }));
}

/** Hands in a token with which its user may look on. */
async function onlyReads(one: Person, sub: string): Promise<void> {
  const answer = await one.ask({ type: 'auth', token: await token({ sub, role: 'viewer' }) });
  if (answer.type !== 'ack') throw new Error(JSON.stringify(answer));
}

t.test('[SL5] [ID7] who hands in a token that only reads lets go of everything', async (t) => {
  const at = await stage(t, strict);
  const [ada, ben, cy] = [await member(at, 'ada'), await member(at, 'ben'), await member(at, 'cy')];
  await ben.ask(add('mars'));
  for (const one of [ada, ben]) await one.ask(select('mars'));
  for (const one of [cy, ada]) await one.ask(select('venus'));
  t.same(selected(await ben.news()), { mars: ['ada', 'ben'], venus: ['cy', 'ada'] });
  await onlyReads(ada, 'ada');
  t.same(selected(await ben.news()), { mars: ['ben'], venus: ['cy'] }, 'also of her places in the line');
  t.match(await ben.ask(update('mars', { n: 1 })), { type: 'ack' });
  t.match(await ada.ask({ type: 'unselect', planetId: 'mars' }), { code: 'FORBIDDEN' });
  await cy.ask({ type: 'unselect', planetId: 'venus' });
  t.same(selected(await ben.news()), { mars: ['ben'] });
  t.match(await ada.ask({ type: 'auth', token: await token({ sub: 'ada' }) }), { type: 'ack' });
  t.match(await ada.ask(select('venus')), { type: 'ack' }, 'and with another one she may select again');
  t.same(selected(await ben.news()), { mars: ['ben'], venus: ['ada'] });
});

t.test('[SL5] what another connection of the user has selected stays', async (t) => {
  const at = await stage(t, strict);
  const [ada, tab, ben] = [await member(at, 'ada'), await member(at, 'ada'), await member(at, 'ben')];
  for (const one of [ada, tab]) await one.ask(select('mars'));
  await onlyReads(ada, 'ada');
  t.same(selected(await ben.news()), { mars: ['ada'] });
  t.match(await tab.ask({ type: 'unselect', planetId: 'mars' }), { type: 'ack' });
  t.same(selected(await ben.news()), {});
});

t.test('[SL5] a selection that is on its way when the right to it is lost does not last', async (t) => {
  const log = createGatedLog();
  const at = await stage(t, strict, { log });
  const [ada, ben] = [await member(at, 'ada'), await member(at, 'ben')];
  log.hold();
  ada.send(select('mars'));
  await at.until(() => log.held === 1, 'the selection');
  await onlyReads(ada, 'ada');
  log.release();
  await at.settle();
  await ben.news();
  t.same(selected(ben.heard()) ?? {}, {});
  await ben.ask(add('mars'));
  t.match(await ben.ask(update('mars', { n: 1 })), { type: 'ack' });
});

t.test('[SL5] [ID9] who is let in only to look on when a project changes lets go', async (t) => {
  for (const isThere of [true, false]) {
    const at = await stage(t, strict, {
      authorize: ({ userId }, action) => userId !== 'ada' || action !== 'write',
    });
    await at.server.projects.put('p', project);
    const [ada, ben] = [await member(at, 'ada'), await member(at, 'ben')];
    await ada.ask(select('mars'));
    t.same(selected(await ben.news()), { mars: ['ada'] });
    // Her connection broke, and she may come back.
    if (!isThere) ada.wire.close(false);
    // What it says no longer counts: the program is asked.
    await at.server.projects.delete('p');
    t.same(selected(await ben.news()), {}, isThere ? 'who is there' : 'who is away for a moment');
  }
});

t.test('[SL5] who comes again and may only look on by then has nothing selected', async (t) => {
  let writes = true;
  const authorize: Decider = ({ userId }, action) => userId !== 'ada' || action !== 'write' || writes;
  const log = createGatedLog();
  const at = await stage(t, strict, { authorize, log });
  const [ada, ben] = [await member(at, 'ada'), await member(at, 'ben')];
  await ada.ask(select('mars'));
  writes = false;
  t.match(await ada.join(roomId, undefined), { type: 'ack' }, 'joins once more');
  t.same(selected(await ben.news()), {});

  writes = true;
  await ada.join(roomId, undefined);
  await ada.ask(select('mars'));
  ada.wire.close(false);
  t.same(selected(await ben.news()), { mars: ['ada'] }, 'it is kept for her');
  writes = false;
  const back = await member(at, 'ada');
  t.same(selected(await ben.news()), {}, 'comes back');
  t.match(await back.ask(select('mars')), { code: 'FORBIDDEN' });
  t.same(log.entries.filter(({ type }) => type === 'expire').length, 2, 'each is let go of once');
});

t.test('[SL5] [RM5] she lets go also where her join cannot be stored', async (t) => {
  let writes = true;
  const log = createGatedLog();
  const at = await stage(t, strict, { log, authorize: (_, action) => action !== 'write' || writes });
  const [ada, ben] = [await member(at, 'ada'), await member(at, 'ben')];
  await ada.ask(select('mars'));
  writes = false;
  log.failing = true;
  ada.send({ type: 'join', roomId, ref: 'again' });
  await at.pass(1000, 100);
  t.match(
    ada.heard().find(({ ref }) => ref === 'again'),
    { code: 'LOG_UNAVAILABLE' },
  );
  t.same(selected(ben.heard()), { mars: ['ada'] });
  log.failing = false;
  await at.pass(1000, 100);
  t.same(selected(ben.heard()), {});
});
