import t from 'tap';
import { tokenOf } from '../socket-io/stage.ts';
import { APPLICATION_SECRET, startApplication } from '../support/application.ts';
import { add, onBoth, SCENE } from './stage.ts';

const path = `${SCENE}/events?clientId=a`;

onBoth(
  t,
  '[ID10] a revocation ends event streams at once, and refuses those who come later',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const token = await tokenOf('ada', { jti: 'j' });
    const ada = await at.open(path, { token });
    await ada.next('sceneState');
    t.same(await at.server.revoke({ jti: 'j' }), { disconnected: 1 });
    t.match(await ada.next('close'), { data: { code: 'TOKEN_REVOKED', reconnect: false } });
    await ada.ended();
    const again = await at.open(path, { token });
    t.equal(again.response.status, 401);
    await again.ended();
    const posted = await at.post(`${SCENE}/operations`, { clientId: 'a', operation: add('x') }, { token });
    t.match(posted, { status: 401, body: { code: 'TOKEN_REVOKED' } });
  },
);

onBoth(t, '[ID12] the application is asked about clients over HTTP, too', async (t, start) => {
  const application = await startApplication(t, true);
  application.reply = ({ body }) => ({ body: { allow: body.principal.sub === 'ada' } });
  const env = {
    AUTH: 'required',
    AUTHORIZE_URL: application.url,
    AUTHORIZE_SECRET: APPLICATION_SECRET,
    AUTHORIZE_CACHE_MS: '0',
  };
  const at = await start(env);
  const ada = await at.open(path, { as: 'ada' });
  await ada.next('sceneState');
  const eve = await at.open(`${SCENE}/events?clientId=e`, { as: 'eve' });
  t.equal(eve.response.status, 403);
  application.reply = () => ({ status: 503 });
  const ben = await at.open(`${SCENE}/events?clientId=b`, { as: 'ben' });
  t.equal(ben.response.status, 503);
  const said = { clientId: 'a', operation: add('x') };
  t.match(await at.post(`${SCENE}/operations`, said, { as: 'ada' }), { status: 200 }, 'who is there stays');
});
