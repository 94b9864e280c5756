import t from 'tap';
import { Refusal } from '../../server/index.ts';
import { createMemoryLog } from '../../server/log/memory.ts';
import { createTracking } from '../../server/tracking/tracking.ts';
import { bearer, ofType, stage } from '../native/person.ts';

t.test('[HT12] an event that is too large to be shown is stored, and the others are shown', async (t) => {
  const at = await stage(t);
  const { sessions, projects } = at.server;
  await projects.put('p', { ownerId: 'ada', members: [], active: true });
  const ada = await at.member('ada', 'project:p', await bearer({ sub: 'ada' }));
  await sessions.start('p', { sessionId: 's', externalUserId: 'u' });
  const large = { x: 'x'.repeat(70_000) };
  t.match(await sessions.ingest('p', 's', [{ n: 1 }, large, { n: 3 }]), { accepted: 3, total: 3 });
  await sessions.submit('p', 's');
  t.match(await sessions.events('p', 's'), { events: [{ n: 1 }, large, { n: 3 }] });
  t.match(ofType(await ada.news(), 'event'), [
    { event: 'session-started' },
    { data: { event: { n: 1 } } },
    { data: { event: { n: 3 } } },
    { event: 'session-ended' },
  ]);
});

t.test('[HT12] what is repeated of a session is not heard again, however many came after it', async (t) => {
  const at = await stage(t, { KEPT_OP_IDS: '12' });
  const { sessions, projects } = at.server;
  await projects.put('p', { ownerId: 'ada', members: [], active: true });
  const ada = await at.member('ada', 'project:p', await bearer({ sub: 'ada' }));
  const given = (sessionId: string) => ({ sessionId, externalUserId: 'u' });
  for (let n = 0; n < 5; n++) {
    await sessions.start('p', given(`s${n}`));
    await sessions.ingest('p', `s${n}`, Array(10).fill({ n }), 'k');
    await sessions.submit('p', `s${n}`);
  }
  t.equal(ofType(await ada.news(), 'event').length, 5 * 12);
  await sessions.start('p', given('s0'));
  await sessions.ingest('p', 's0', Array(10).fill({ n: 0 }), 'k');
  await sessions.submit('p', 's0');
  t.same(ofType(await ada.news(), 'event'), []);
});

t.test('[HT12] a session is seen live however long it lasts, and what is repeated late is not', async (t) => {
  const at = await stage(t, { KEPT_OP_IDS: '30' });
  const { sessions, projects } = at.server;
  await projects.put('p', { ownerId: 'ada', members: [], active: true });
  const ada = await at.member('ada', 'project:p', await bearer({ sub: 'ada' }));
  const given = { sessionId: 's', externalUserId: 'u' };
  const batch = (n: number) => [{ n }, { n: n + 0.5 }];
  const heard = async () => ofType(await ada.news(), 'event').map(({ data }) => data.event?.n);
  await sessions.start('p', given);
  t.same(await heard(), [undefined]);
  for (let n = 0; n < 40; n++) {
    await sessions.ingest('p', 's', batch(n), `k${n}`);
    // As after an answer that was lost.
    await sessions.ingest('p', 's', batch(n), `k${n}`);
    t.same(await heard(), [n, n + 0.5]);
  }
  await sessions.start('p', given);
  for (let n = 0; n < 40; n++) await sessions.ingest('p', 's', batch(n), `k${n}`);
  t.same(await heard(), []);
});

t.test('what will never be shown is not tried again with all that follows', async (t) => {
  const tried: unknown[] = [];
  const tracking = createTracking({
    log: createMemoryLog(),
    now: () => 0,
    newId: () => 's',
    async publish(_, { data }) {
      const { event } = data as { event?: { n: number } };
      tried.push(event?.n);
      if (event?.n === 1) throw new Refusal('INVALID_FIELD', { path: 'data' });
      if (event?.n === 2 && tried.length < 4) throw new Refusal('LOG_UNAVAILABLE');
    },
    maxEvents: 100,
    keptKeys: 512,
  });
  t.teardown(() => tracking.close());
  await tracking.start('p', { externalUserId: 'u' });
  await tracking.ingest('p', 's', [{ n: 1 }, { n: 2 }]);
  for (const n of [3, 4]) await tracking.ingest('p', 's', [{ n }]);
  t.same(tried, [undefined, 1, 2, 2, 3, 4]);
});
