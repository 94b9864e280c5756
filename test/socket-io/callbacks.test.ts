import t from 'tap';
import { onEach } from './stage.ts';

onEach(t, '[SO3] who leaves a scene without being in one is told that it is in none', async (t, start) => {
  const at = await start({ RATE_LIMIT: '5/10s' });
  const ada = await at.client({ namespace: '/scenes', as: 'ada' });
  t.same(await ada.ask('leaveScene'), { ok: true });
  t.match(await ada.ask('joinScene', { projectId: 'p', sceneId: 's' }), { ok: true });
  t.match(await Promise.all([ada.ask('leaveScene'), ada.ask('leaveScene', {})]), [
    { ok: true },
    { ok: true },
  ]);
  t.match(await ada.ask('leaveScene'), { ok: true });
  t.match(await ada.ask('leaveScene'), { ok: false, code: 'RATE_LIMITED' }, 'it counts as any other');
  t.notOk(ada.heard().includes('error'));
});

onEach(
  t,
  '[SO3] [SO11] in the own room, too, who joins, talks or leaves is answered, as in any other',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const ada = await at.client({ as: 'ada' });
    const roomId = 'user:ada';
    const joined = { roomId, users: [{ userId: 'ada', userName: 'ADA' }] };
    t.match(await ada.ask('join_room', { roomId }), joined);
    t.match(await ada.next('room_joined'), joined);
    t.match(await ada.ask('send_message', { roomId, message: 'to me' }), { ok: true, roomId });
    t.match(await ada.ask('leave_room', { roomId }), { ok: true, roomId });
    t.match(await ada.next('room_left'), { roomId });
    t.same(ada.heard(), ['connect']);
  },
);
