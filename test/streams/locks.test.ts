import t from 'tap';
import { add, onBoth, SCENE, update } from './stage.ts';

onBoth(t, '[ES8] [SL3] an update of an item that somebody else has selected is refused', async (t, start) => {
  const at = await start();
  await at.open(`${SCENE}/events?clientId=a`, { as: 'ada' });
  const say = (as: string, what: string, body: object) =>
    at.post(`/rooms/scene:p:s/${what}`, { clientId: as, ...body }, { as });
  await say('ada', 'operations', { operation: add('chair') });
  await say('ada', 'selections', { planetId: 'chair' });
  t.match(await say('ben', 'operations', { operation: update('chair', { a: 2 }) }), {
    status: 409,
    body: { code: 'CONFLICT', thing: 'chair', lockedBy: 'ada' },
  });
  t.match(await say('ada', 'operations', { operation: update('chair', { a: 2 }) }), { status: 200 });
});

onBoth(t, '[ES8] [SL2] who selects what somebody else holds is told so, and is next', async (t, start) => {
  const at = await start();
  const ada = await at.open('/rooms/r/events?clientId=ada&events=selections', { as: 'ada' });
  const say = (as: string, selected?: boolean) =>
    at.post('/rooms/r/selections', { clientId: as, planetId: 'chair', selected }, { as });
  const first = { status: 200, body: { ok: true, roomId: 'r', lockedBy: undefined } };
  t.match(await say('ada'), first);
  const held = { planetId: 'chair', lockedBy: 'ada', reason: 'locked' };
  await at.open('/rooms/r/events?clientId=eve', { as: 'eve' });
  for (const who of ['ben', 'ben', 'eve']) {
    const later = await say(who);
    t.equal(later.status, 200);
    t.strictSame(later.body, { ok: true, roomId: 'r', ...held });
  }
  await ada.next('selections', ({ selected }) => selected.chair?.join() === 'ada,ben,eve');
  t.match(await say('ada'), first, 'the holder is not told of itself');
  t.match(await say('ada', false), first);
  await ada.next('selections', ({ selected }) => selected.chair?.join() === 'ben,eve');
  t.match(await say('ben'), first);
});
