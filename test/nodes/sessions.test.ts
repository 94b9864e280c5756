import t from 'tap';
import { noRedis, until } from '../support/redis.ts';
import { latest, nodesStage } from './stage.ts';

t.setTimeout(120_000);

t.test('a tracked session whose events reach two nodes', { skip: noRedis }, async (t) => {
  t.test('[HT12] events are shown once each, and each batch is counted once', async (t) => {
    const at = await nodesStage(t);
    const [a, b] = [await at.node(), await at.node()];
    await a.projects.put('p', { ownerId: 'ada', members: [], active: true });
    const ada = await at.member(a, 'ada', 'project:p');
    await a.sessions.start('p', { sessionId: 's', externalUserId: 'u' });
    for (const { sessions } of [a, b]) await sessions.events('p', 's');
    const given = [a, b, a, b].map(({ sessions }, index) => sessions.ingest('p', 's', [{ index }]));
    const same = [a, b].map(({ sessions }) => sessions.ingest('p', 's', [{ index: 4 }, { index: 5 }], 'key'));
    const totals = (await Promise.all(given)).map(({ total }) => total);
    t.same(totals.sort(), [...new Set(totals)], 'no two are the first ones');
    const [one, other] = await Promise.all(same);
    t.same(one, other, 'a batch of one key has one place');
    const { events, total } = await b.sessions.events('p', 's');
    t.equal(total, 6);
    const indexOf = ({ index }: { index?: unknown }) => Number(index);
    t.same(events.map(indexOf).sort(), [0, 1, 2, 3, 4, 5]);
    await b.sessions.submit('p', 's');
    await until(() => latest(ada, 'event')?.event === 'session-ended');
    const shown = ada.messages.filter(({ event }) => event === 'event-received');
    t.same(shown.map(({ data }) => indexOf(data.event)).sort(), [0, 1, 2, 3, 4, 5]);
  });

  t.test('[HT12] of two who start a session of one id at once, one is told that it is new', async (t) => {
    const at = await nodesStage(t);
    const nodes = [await at.node(), await at.node()];
    for (let round = 0; round < 10; round++) {
      const sessionId = `s${round}`;
      const started = await Promise.allSettled(
        nodes.map(({ sessions }, index) => sessions.start('p', { sessionId, externalUserId: `u${index}` })),
      );
      const [is, not] = [...started].sort((one) => (one.status === 'fulfilled' ? -1 : 1));
      t.match(is, { status: 'fulfilled', value: { isNew: true } });
      t.match(not, { status: 'rejected', reason: { code: 'CONFLICT' } });
    }
  });

  t.test('[HT12] what comes behind the submission is refused, wherever that came', async (t) => {
    const at = await nodesStage(t);
    const [a, b] = [await at.node(), await at.node()];
    for (let round = 0; round < 20; round++) {
      const sessionId = `s${round}`;
      await a.sessions.start('p', { sessionId, externalUserId: 'u' });
      await b.sessions.events('p', sessionId);
      const late = b.sessions.ingest('p', sessionId, [{ n: 1 }]).catch(({ code }) => code);
      const { total } = await a.sessions.submit('p', sessionId);
      const told = await late;
      t.match(told, total === 1 ? { accepted: 1 } : 'SESSION_SUBMITTED');
      t.match(await a.sessions.events('p', sessionId), { total });
    }
  });

  t.test('[HT12] one that Redis has lost is not known any more, and may be started anew', async (t) => {
    const at = await nodesStage(t);
    const a = await at.node();
    const given = { sessionId: 's', externalUserId: 'u' };
    await a.sessions.start('p', given);
    await at.redis.command('FLUSHALL');
    const once = await a.sessions.ingest('p', 's', [{ n: 1 }]).catch(({ code }) => code);
    t.equal(once, 'LOG_UNAVAILABLE', 'it is noticed');
    await t.rejects(a.sessions.ingest('p', 's', [{ n: 1 }]), { code: 'NOT_FOUND' });
    t.match(await a.sessions.start('p', given), { isNew: true });
    t.match(await a.sessions.ingest('p', 's', [{ n: 1 }]), { total: 1 });
  });
});
