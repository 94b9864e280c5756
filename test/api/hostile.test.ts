import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import t from 'tap';
import { createGatedLog } from '../native/gated-log.ts';
import { bearer, token } from '../native/person.ts';
import { connect } from '../support/client.ts';
import { startServer } from '../support/servers.ts';
import { backend } from './stage.ts';

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
    const publish = async (body: string, ended: boolean) => {
      const socket = connectSocket(server.port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      let text = '';
      socket.on('data', (bytes) => {
        text += bytes;
      });
      const head = [
        'POST /api/rooms/r/events HTTP/1.1',
        'host: localhost',
        `authorization: Bearer ${await token(backend)}`,
        'content-type: application/json',
        `content-length: ${body.length}`,
      ];
      socket.write(`${head.join('\r\n')}\r\n\r\n${ended ? body : body.slice(0, 5)}`);
      return { socket, answer: () => text };
    };
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
}
