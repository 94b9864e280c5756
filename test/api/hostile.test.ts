import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import t from 'tap';
import { systemClock } from '../../server/clock.ts';
import { createGatedLog } from '../native/gated-log.ts';
import { bearer, token } from '../native/person.ts';
import { connect } from '../support/client.ts';
import { startServer } from '../support/servers.ts';
import { backend } from './stage.ts';

/** Publishes, with what there is of a body of so many bytes; the rest can be written later. */
async function post(port: number, token: string, text: string, length = text.length) {
  const socket = connectSocket(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  let answer = '';
  socket.on('data', (bytes) => {
    answer += bytes;
  });
  const head = [
    'POST /api/rooms/r/events HTTP/1.1',
    'host: localhost',
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    `content-length: ${length}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${text}`);
  return { socket, answer: () => answer };
}

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(
    `[HT9] what others have done under the same id keeps nothing from being published (${TRANSPORT})`,
    async (t) => {
      const server = await startServer({ TRANSPORT });
      t.teardown(() => server.close());
      // Guests are called as they like.
      const mallory = await connect(server.port);
      await mallory.ask({ type: 'join', roomId: 'r', user: { userId: backend.sub } });
      await mallory.ask({ type: 'message', roomId: 'r', text: 'first', opId: 'order-1' });
      const published = await fetch(`http://127.0.0.1:${server.port}/api/rooms/r/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(await bearer(backend)) },
        body: JSON.stringify({ event: 'paid', data: 1, idempotencyKey: 'order-1' }),
      });
      t.equal(published.status, 200);
      t.match(await mallory.nextOf('event'), { event: 'paid', data: 1 });
      await mallory.close();
    },
  );

  t.test(`[HT5] a body that ends while the server goes down changes nothing (${TRANSPORT})`, async (t) => {
    const log = createGatedLog();
    const server = await startServer({ TRANSPORT }, { log });
    const own = await token(backend);
    const publish = (body: string, ended: boolean) =>
      post(server.port, own, ended ? body : body.slice(0, 5), body.length);
    const body = JSON.stringify({ event: 'e', data: 1 });
    const slow = await publish(body, false);
    const first = await publish(body, true);
    while (!first.answer().includes('200 OK')) await once(first.socket, 'data');
    log.hold();
    const accepted = await publish(body, true);
    while (log.held === 0) await new Promise((resolve) => setImmediate(resolve));
    const closing = server.close();
    slow.socket.write(body.slice(5));
    while (slow.answer() === '') await once(slow.socket, 'data');
    t.match(slow.answer(), /503 .*SHUTTING_DOWN/s);
    log.release();
    while (accepted.answer() === '') await once(accepted.socket, 'data');
    await closing;
    t.match(accepted.answer(), /200 OK/);
    for (const { socket } of [slow, first, accepted]) socket.destroy();
  });

  t.test(
    `[HT2] [ID10] a token that ends while a body comes in opens nothing any more (${TRANSPORT})`,
    async (t) => {
      const log = createGatedLog();
      let aheadMs = 0;
      const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
      const server = await startServer({ TRANSPORT }, { log, clock });
      t.teardown(() => server.close());
      const exp = Math.floor(Date.now() / 1000) + 600;
      for (const code of ['TOKEN_REVOKED', 'TOKEN_EXPIRED']) {
        const body = JSON.stringify({ event: code, data: 1 });
        const own = await token({ ...backend, exp, jti: code });
        const slow = await post(server.port, own, body.slice(0, 5), body.length);
        // What comes behind it is answered, so that it has been let in.
        const other = await post(server.port, await token(backend), JSON.stringify({ event: 'e', data: 1 }));
        while (!other.answer().includes('200 OK')) await once(other.socket, 'data');
        if (code === 'TOKEN_REVOKED') await server.revoke({ jti: code });
        else aheadMs = 700_000;
        slow.socket.write(body.slice(5));
        while (!slow.answer().includes('}')) await once(slow.socket, 'data');
        t.match(slow.answer(), new RegExp(`^HTTP/1.1 401 .*"${code}"`, 's'));
        const stored = log.entries.filter((one) => one.type === 'event').map(({ event }) => event);
        t.notOk(stored.includes(code), 'and nothing is done');
        for (const { socket } of [slow, other]) socket.destroy();
      }
    },
  );
}
