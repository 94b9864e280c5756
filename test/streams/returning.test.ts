import t from 'tap';
import { LogError } from '../../server/log/log.ts';
import { createMemoryLog } from '../../server/log/memory.ts';
import { tokenOf } from '../socket-io/stage.ts';
import { EventSource, onBoth, SCENE } from './stage.ts';

const asked = { accept: 'text/event-stream' };

onBoth(t, '[ES11] what passes by itself sends no EventSource away for good', async (t, start) => {
  const log = createMemoryLog();
  let isAway = true;
  const at = await start(
    {},
    {
      log: {
        ...log,
        async open(roomId, listener) {
          if (isAway && roomId === 'scene:p:s') throw new LogError('LOG_UNAVAILABLE', 'away');
          return log.open(roomId, listener);
        },
      },
    },
  );
  const path = `${SCENE}/events?clientId=a&token=${await tokenOf('ada')}`;
  const source = new EventSource(at.url(path));
  t.teardown(() => source.close());
  const told = new Promise((resolve) =>
    source.addEventListener('close', ({ data }) => resolve(JSON.parse(data))),
  );
  const error = { code: 'LOG_UNAVAILABLE', message: String, reconnect: true, retryAfterMs: Number };
  t.match(await told, error);
  isAway = false;
  await new Promise((resolve) => source.addEventListener('sceneState', resolve));
  t.pass('it comes back by itself');
});

onBoth(t, '[ES11] who is over the limit is told by the stream when to come back', async (t, start) => {
  const at = await start({ API_LIMIT: '1/1000s' });
  while ((await at.open(`${SCENE}/events`, { as: 'ada' })).response.status !== 429);
  const over = await at.open(`${SCENE}/events`, { as: 'ada', headers: asked });
  t.equal(over.response.status, 200);
  const { data } = await over.next('close');
  t.match(data, { code: 'RATE_LIMITED', reconnect: true, retryAfterMs: Number });
  t.equal(over.retryMs, data.retryAfterMs);
  await over.ended();
});

onBoth(
  t,
  '[ES6] what does not pass by itself is a status, and so is all to other clients',
  async (t, start) => {
    const at = await start({ AUTH: 'required', MAX_ROOM_USERS: '1', API_LIMIT: '3/1000s' });
    const open = async (user: string, wish: { headers?: Record<string, string>; method?: string } = {}) =>
      (await at.open(`${SCENE}/events`, { as: user, ...wish })).response.status;
    t.equal((await at.open(`${SCENE}/events`, { headers: asked })).response.status, 401);
    t.equal(await open('ada'), 200);
    t.equal(await open('ben', { headers: asked }), 409);
    while ((await open('ben')) !== 429);
    t.equal(await open('ben'), 429);
    t.equal(await open('ben', { headers: asked, method: 'HEAD' }), 429);
  },
);
