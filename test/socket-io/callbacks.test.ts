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
    t.same(ada.heard(), ['connect', 'pong']);
  },
);

onEach(
  t,
  '[RL2] [SO3] over the limit every callback is told so, and who has none once a second',
  async (t, start) => {
    const at = await start({ RATE_LIMIT: '10/10s' });
    const ada = await at.client({ as: 'ada' });
    const roomId = 'r';
    await ada.ask('join_room', { roomId });
    const say = (n: number) => ({ roomId, message: `${n}` });
    const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => ada.ask('send_message', say(n))));
    t.equal(answers.filter(({ ok }) => ok).length, 9);
    const refused = answers.filter(({ ok }) => !ok);
    t.same(new Set(refused.map(({ code }) => code)), new Set(['RATE_LIMITED']));
    t.ok(refused.every(({ retryAfterMs }) => retryAfterMs > 0));
    t.notOk(ada.heard().includes('error'));
    for (let n = 0; n < 20; n++) ada.emit('send_message', say(n));
    t.match(await ada.ask('send_message', say(20)), { code: 'RATE_LIMITED' });
    t.equal(ada.heard().filter((event) => event === 'error').length, 1);
  },
);

onEach(t, '[SO3] what was done is answered with ok', async (t, start) => {
  const at = await start();
  const ada = await at.client({ as: 'ada' });
  const roomId = 'r';
  const target = { componentId: 'c1' };
  for (const [event, data] of [
    ['join_room', { roomId }],
    ['send_message', { roomId, message: 'hello' }],
    ['typing', { roomId, isTyping: true }],
    ['leave_room', { roomId }],
    ['component:subscribe', target],
    ['component:update', { ...target, updates: { a: 1 } }],
    ['component:unsubscribe', target],
    ['analytics_events', []],
    ['ping', {}],
  ] as const) {
    t.match(await ada.ask(event, data), { ok: true }, event);
  }
  const ben = await at.client({ namespace: '/scenes', as: 'ben' });
  t.match(await ben.ask('joinScene', { projectId: 'p', sceneId: 's' }), { ok: true });
  t.match(await ben.ask('requestSync', { version: 0 }), { ok: true, type: 'current', version: 0 });
  t.match(await ben.ask('requestSync', { version: 9 }), { ok: true, type: 'full', version: 0 });
});
