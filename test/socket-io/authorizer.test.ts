import t from 'tap';
import { APPLICATION_SECRET, startApplication } from '../support/application.ts';
import { connect } from '../support/client.ts';
import { onEach, tokenOf } from './stage.ts';

const projectId = 'p';

onEach(
  t,
  '[ID12] tokens and projects are heard first, then the program, then the application',
  async (t, start) => {
    const application = await startApplication(t);
    application.reply = ({ body }) => ({
      body: { allow: body.room.startsWith('open') && body.action === 'join' },
    });
    const env = { AUTH: 'required', AUTHORIZE_URL: application.url, AUTHORIZE_SECRET: APPLICATION_SECRET };
    const own = new Set(['own', 'owner']);
    const authorize = (_: unknown, __: unknown, room: string) => own.has(room) || undefined;
    const at = await start(env, { authorize });
    await at.server.projects.put(projectId, { ownerId: 'ada', members: [], active: true });
    const ada = await at.client({ as: 'ada' });
    const granted = await at.client({ auth: { token: await tokenOf('gil', { rooms: ['g*', 'user:*'] }) } });
    const native = await connect(at.server.port, {
      headers: { authorization: `Bearer ${await tokenOf('nat')}` },
    });
    t.match(await granted.ask('join_room', { roomId: 'granted' }), { roomId: 'granted' });
    t.match(await granted.ask('join_room', { roomId: 'open' }), { code: 'FORBIDDEN' });
    t.match(await ada.ask('join-project', { projectId }), { ok: true });
    t.match(await ada.ask('join_room', { roomId: 'own' }), { roomId: 'own' });
    t.same(application.calls, [], 'nothing of this is a question');
    t.match(await ada.ask('join_room', { roomId: 'open-1' }), { roomId: 'open-1' });
    t.match(await ada.ask('send_message', { roomId: 'open-1', message: 'x' }), { code: 'FORBIDDEN' });
    t.match(await ada.ask('join_room', { roomId: 'shut' }), { code: 'FORBIDDEN' });
    t.match(await ada.ask('join-project', { projectId: 'unknown' }), { code: 'UNAUTHORIZED' });
    t.match(await native.ask({ type: 'join', roomId: 'shut' }), { code: 'FORBIDDEN' });
    t.match(await native.ask({ type: 'join', roomId: 'open-2' }), { type: 'ack' });
    t.same(application.forged, []);
  },
);

onEach(
  t,
  '[ID12] an application that does not answer lets nobody in and throws nobody out, and joins work again as it is back',
  async (t, start) => {
    const application = await startApplication(t);
    application.reply = () => ({ body: { allow: true } });
    const env = {
      AUTHORIZE_URL: application.url,
      AUTHORIZE_SECRET: APPLICATION_SECRET,
      AUTHORIZE_CACHE_MS: '0',
    };
    const at = await start(env);
    const token = await tokenOf('ada');
    const ada = await at.client({ auth: { token } });
    const native = await connect(at.server.port, {
      headers: { authorization: `Bearer ${await tokenOf('nat')}` },
    });
    t.match(await ada.ask('join_room', { roomId: 'r' }), { roomId: 'r' });
    t.match(await native.ask({ type: 'join', roomId: 'r' }), { type: 'ack' });
    application.reply = () => ({ status: 503 });
    const code = 'AUTHORIZER_UNAVAILABLE';
    t.match(await ada.ask('join_room', { roomId: 'x' }), { ok: false, code });
    t.match(await native.ask({ type: 'join', roomId: 'x' }), { type: 'error', code });
    t.match(await ada.ask('auth', { token }), { ok: false, code }, 'the old token still counts');
    t.match(await native.ask({ type: 'auth', token: await tokenOf('nat') }), { code });
    t.match(await ada.ask('send_message', { roomId: 'r', message: 'x' }), { ok: true });
    t.match(await native.ask({ type: 'message', roomId: 'r', text: 'x' }), { type: 'ack' });
    application.reply = () => ({ body: { allow: true } });
    t.match(await ada.ask('join_room', { roomId: 'x' }), { roomId: 'x' });
    t.match(await ada.ask('auth', { token }), { ok: true });
  },
);
