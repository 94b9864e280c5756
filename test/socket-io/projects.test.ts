import t from 'tap';
import { onEach, tokenOf } from './stage.ts';

onEach(
  t,
  '[SO10] only whose token opens a project joins it, and each refusal has its code',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const token = await tokenOf('ada', { projects: ['p1'] });
    const ada = await at.client({ auth: { token } });
    t.match(await ada.ask('join-project', { projectId: 'p1' }), { ok: true, projectId: 'p1' });
    t.match(await ada.ask('join-project', { projectId: 'p1', token }), { ok: true });
    ada.emit('join-project', {});
    t.match(await ada.next('error'), { code: 'MISSING_PROJECT_ID' });
    ada.emit('join-project', { projectId: 'p2' });
    t.match(await ada.next('error'), { code: 'UNAUTHORIZED' });
    ada.emit('join-project', { projectId: 'p1', token: 'nonsense' });
    t.match(await ada.next('error'), { code: 'UNAUTHORIZED' });
    ada.emit('leave-project', { projectId: 'p2' });
    t.match(await ada.next('error'), { code: 'LEAVE_FAILED' });
    t.match(await ada.ask('leave-project', { projectId: 'p1' }), { ok: true, projectId: 'p1' });
  },
);
