import t from 'tap';
import { createGatedLog } from '../native/gated-log.ts';
import { tokenOf } from '../socket-io/stage.ts';
import { onBoth, type StreamStage } from './stage.ts';

t.setTimeout(550_000);

/** What ends a stream, in these or those words. */
const ends: Readonly<Record<string, (at: StreamStage) => Promise<unknown>>> = {
  async SHUTDOWN(at) {
    let isOver = false;
    const over = at.server.close().finally(() => {
      isOver = true;
    });
    // Longer than a server waits for its log.
    while (!isOver) await at.pass(500, 100);
    return over;
  },
  KICKED: async (at) =>
    at.post('/api/users/ada/disconnect', {}, { token: await tokenOf('backend', { scope: 'admin' }) }),
  TOKEN_EXPIRED: (at) => at.pass(200_000, 1000),
  FLOOD: (at) =>
    Promise.all(
      Array.from({ length: 40 }, (_, position) =>
        at.post('/rooms/r/signals', { clientId: 'a', type: 'scroll', position }, { as: 'ada' }),
      ),
    ),
};

for (const [why, end] of Object.entries(ends)) {
  onBoth(t, `[ES8] [HT5] a post is not called refused that may be stored: ${why}`, async (t, start) => {
    const log = createGatedLog();
    const at = await start(
      { STREAM_LIMIT: '2/100s', API_LIMIT: '10000/1s', HEARTBEAT_GRACE_MS: '1000000' },
      { log },
    );
    const exp = Math.floor(at.clock.now() / 1000) + 120;
    const token = why === 'TOKEN_EXPIRED' ? await tokenOf('ada', { exp }) : await tokenOf('ada');
    const ada = await at.open('/rooms/r/events?clientId=a', { token });
    await ada.next('sceneState');
    log.hold('r');
    const say = (body: object) => at.post('/rooms/r/messages', { clientId: 'a', ...body }, { token });
    const posts = [say({ text: 'one' }), say({ text: 'two', opId: 'o' })];
    const received = async () => (await fetch(at.url('/metrics'))).text();
    while (!/^tandem_messages_received_total\{type="message"\} 2$/m.test(await received())) await at.pass(16);
    while (log.held === 0) await at.pass(16);
    const ended = end(at);
    const [unnamed, named] = await Promise.all(posts);
    await ada.next('close', ({ code }) => code === why);
    log.release();
    await ended;
    t.match(unnamed, { status: 500, body: { code: 'INTERNAL' } }, 'nobody knows whether it is done');
    t.match(named, { status: 503, body: { code: 'OVERLOADED' } }, 'to be sent again');
    while (!log.entries.some((entry) => JSON.stringify(entry).includes('"one"'))) await at.pass(16);
  });
}
