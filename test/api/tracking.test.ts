import t from 'tap';
import { bearer, ofType, stage } from '../native/person.ts';

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
