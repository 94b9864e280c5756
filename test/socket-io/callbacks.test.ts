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
