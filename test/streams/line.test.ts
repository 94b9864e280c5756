import t from 'tap';
import { streamRoutes } from '../../protocol/http/index.ts';
import { add, onBoth, SCENE } from './stage.ts';

onBoth(t, '[ES8] [RL4] a post does not overtake one that was refused for its rate', async (t, start) => {
  const at = await start({ STREAM_LIMIT: '5/100s' });
  const ada = await at.open(`${SCENE}/events?clientId=a`, { as: 'ada' });
  const say = (id: string, after?: string) =>
    at.post(`${SCENE}/operations`, { clientId: 'a', operation: add(id), opId: id, after }, { as: 'ada' });
  for (let count = 0; count < 10; count++) t.match(await say(`i${count}`), { status: 200 });
  t.match(await say('late'), { status: 429 });
  await at.pass(50_000, 1000);
  const behind = await say('behind', 'late');
  t.match(behind, { status: 429, body: { code: 'RATE_LIMITED' } });
  t.ok(behind.body.retryAfterMs >= 1);
  t.match(await say('late'), { status: 200, body: { version: 11 } });
  t.match(await say('behind', 'late'), { status: 200, body: { version: 12 } });
  await ada.next('sceneDelta', ({ delta }) => delta.toVersion === 12);
});

t.test('[ES8] [RL4] what posts may stand behind is in the OpenAPI document', async (t) => {
  const posts = Object.values(streamRoutes).filter(
    ({ method, path }) => method === 'POST' && !path.endsWith('/leave'),
  );
  t.equal(posts.length, 8);
  for (const route of posts) t.ok('body' in route && 'after' in route.body.properties, route.path);
});
