import t from 'tap';
import { createGatedLog } from '../native/gated-log.ts';
import { createLossyLog } from '../native/lossy-log.ts';
import { token } from '../native/person.ts';
import { join } from '../room/entries.ts';
import { startServer } from '../support/servers.ts';
import { apiStage } from './stage.ts';

async function stage(TRANSPORT: string) {
  const log = createGatedLog();
  const server = await startServer({ TRANSPORT, AUTH: 'required', HEALTH_PORT: '0' }, { log });
  const authorization = `Bearer ${await token({ sub: 'backend', scope: 'publish' })}`;
  const publish = (data: number, signal?: AbortSignal) =>
    fetch(`http://127.0.0.1:${server.port}/api/rooms/r/events`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ event: 'e', data }),
      ...(signal === undefined ? {} : { signal }),
    });
  /** Resolves when a request has been accepted and waits for the log. */
  async function waiting(): Promise<void> {
    while (log.held === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return { log, server, publish, waiting };
}

t.test(
  '[HT5] a room in which the dead cannot be left out now is not told, and waited for by nobody',
  async (t) => {
    const log = createLossyLog();
    const room = await log.open('r', () => {});
    await room.append([JSON.stringify(join('ada-1', { node: 'an earlier life' }))]);
    await room.close();
    const at = await apiStage(t, {}, { log });
    log.failing = true;
    for (const path of ['/api/rooms/r/presence', '/api/rooms/r'])
      t.match(await at.ask('GET', path), { status: 503, json: { code: 'LOG_UNAVAILABLE' } });
    log.failing = false;
    t.match(await at.ask('GET', '/api/rooms/r/presence'), { status: 200, json: { users: [] } });
  },
);

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(`a request that is given up while it waits for the log ends quietly (${TRANSPORT})`, async (t) => {
    const { log, server, publish, waiting } = await stage(TRANSPORT);
    t.teardown(() => server.close());
    t.equal((await publish(0)).status, 200);
    log.hold();
    const given = new AbortController();
    const gone = publish(1, given.signal);
    const stays = publish(2);
    await waiting();
    given.abort();
    await t.rejects(gone);
    log.release();
    t.equal((await stays).status, 200);
    t.equal((await publish(3)).status, 200);
  });

  t.test(`[CL2] what was accepted over HTTP is answered before the server ends (${TRANSPORT})`, async (t) => {
    const { log, server, publish, waiting } = await stage(TRANSPORT);
    t.equal((await publish(0)).status, 200);
    log.hold();
    const accepted = publish(1);
    await waiting();
    const closing = server.close();
    const health = () => fetch(`http://127.0.0.1:${server.healthPort}/ready`);
    t.equal((await health()).status, 503);
    log.release();
    t.equal((await accepted).status, 200);
    await closing;
  });
}
