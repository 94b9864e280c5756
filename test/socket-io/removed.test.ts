import t from 'tap';
import { onEach, tokenOf } from './stage.ts';

onEach(t, '[SO4] [ID5] a guest that gives way is told in which room', async (t, start) => {
  const at = await start();
  const guest = await at.client();
  for (const roomId of ['r', 's']) await guest.ask('join_room', { roomId, userId: 'ada' });
  const ada = await at.client({ as: 'ada' });
  await ada.ask('join_room', { roomId: 'r' });
  t.match(await guest.next('error'), { ok: false, code: 'IDENTITY_MISMATCH', roomId: 'r' });
  t.same(await guest.next('room_left'), { roomId: 'r' });
  t.match(await guest.ask('send_message', { roomId: 's', message: 'still here' }), { ok: true });
  t.notOk(guest.heard().some((event) => ['error', 'room_left'].includes(event)));
});

onEach(
  t,
  '[SO4] whom a new token takes out of a room is told which, in the words of its application',
  async (t, start) => {
    const at = await start();
    const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ namespace: '/scenes', as: 'ben' })];
    const entity = { entityType: 'page', entityId: 'page-123' };
    const scene = { projectId: 'p', sceneId: 's' };
    for (const roomId of ['r', 's']) await ada.ask('join_room', { roomId });
    await ada.ask('component:subscribe', { ...entity, componentId: 'c1' });
    await ben.ask('joinScene', scene);
    for (const [one, name] of [
      [ada, 'ada'],
      [ben, 'ben'],
    ] as const)
      t.match(await one.ask('auth', { token: await tokenOf(name, { rooms: ['r'] }) }), { ok: true });

    const places: object[] = [];
    for (let count = 0; count < 3; count++) {
      const { ok, code, event: _, message: __, ...place } = await ada.next('error');
      t.match({ ok, code }, { ok: false, code: 'FORBIDDEN' });
      places.push(place);
    }
    const inOrder = (some: object[]) => some.map((one) => JSON.stringify(one)).sort();
    t.same(inOrder(places), inOrder([{ roomId: 's' }, { componentId: 'c1' }, entity]));
    t.same(await ada.next('room_left'), { roomId: 's' });
    t.notOk(ada.heard().includes('room_left'));
    t.match(await ben.next('error'), { ok: false, code: 'FORBIDDEN', ...scene });
  },
);
