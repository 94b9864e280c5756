import type { Test } from 'tap';
import type { Connection } from '../../../server/transport/connection.ts';
import { freePort } from '../../support/servers.ts';
import { type MakeTransport, stage } from './stage.ts';

const CROWD = 1000;
const AT_ONCE = 100;

/** Listening, ending, and many at once. */
export function lifecycleContract(t: Test, make: MakeTransport): void {
  t.test('a port in use is an error that names it', async (t) => {
    const first = await stage(t, make, {}, {}, await freePort());
    const second = await make({
      paths: ['/'],
      maxBufferedBytes: 1,
      maxFrameBytes: 1,
      newId: () => '',
      http: () => ({ status: 200, headers: {}, body: '' }),
      handler: unused,
    });
    t.teardown(() => second.close());
    const message = new RegExp(`127.0.0.1:${first.port}`);
    await t.rejects(second.listen('127.0.0.1', first.port), { message, code: 'EADDRINUSE' });
    // An address of documentation, which nobody has.
    await t.rejects(second.listen('203.0.113.1', first.port), { code: 'EADDRNOTAVAIL' });
    await first.stillServes(t);
    t.type(await second.listen('127.0.0.1', 0), 'number', 'another port can be tried');
  });

  t.test('a port can be listened on again at once, though it had connections', async (t) => {
    const port = await freePort();
    const first = await stage(t, make, {}, {}, port);
    const { client, connection } = await first.join();
    connection.close(4000, '');
    await client.closed;
    await first.transport.close();
    const second = await stage(t, make, {}, {}, port);
    await second.stillServes(t);
  });

  t.test('also while peers have not closed their side yet', async (t) => {
    const port = await freePort();
    const first = await stage(t, make, {}, {}, port);
    const { client, connection } = await first.join();
    // It does not notice anything: the connection stays half closed.
    client.tcp.pause();
    connection.close(4000, '');
    await first.transport.close();
    const second = await stage(t, make, {}, {}, port);
    await second.stillServes(t);
    client.socket.terminate();
  });

  t.test('after stopListening nobody comes in, and those inside live on', async (t) => {
    const at = await stage(t, make);
    const { client, connection } = await at.join();
    at.transport.stopListening();
    at.transport.stopListening();
    t.match(await at.client().opened().catch(String), /ECONNREFUSED/);
    client.socket.send('still');
    await at.events.first('received', ({ text }) => text === 'still');
    connection.subscribe('room');
    at.transport.publish('room', 'here');
    t.same(await client.until(1), ['here']);
    t.equal(at.events.of('closed').length, 0);
  });

  t.test('close ends everything, and may be called again', async (t) => {
    const at = await stage(t, make);
    const [a, b] = [await at.join(), await at.join()];
    const idle = await at.tcp();
    const idleClosed = new Promise((resolve) => idle.once('close', resolve));
    await at.transport.close();
    t.equal(at.events.of('closed').length, 2, 'told by now');
    await Promise.all([a.client.closed, b.client.closed, idleClosed]);
    t.ok(at.events.of('closed').every(({ clean }) => !clean));
    t.equal(a.connection.send('x'), 'dropped');
    at.transport.publish('room', 'x');
    at.transport.publish('room', 'x', a.connection);
    at.transport.stopListening();
    await at.transport.close();
    t.match(await at.client().opened().catch(String), /ECONNREFUSED/);
  });

  t.test('close before listen resolves', async (t) => {
    const at = await stage(t, make);
    at.transport.stopListening();
    await at.transport.close();
    t.pass();
  });

  t.test(`${CROWD} connections come and go and leave nothing behind`, async (t) => {
    const at = await stage(t, make);
    const members: Awaited<ReturnType<typeof at.join>>[] = [];
    while (members.length < CROWD) {
      members.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => at.join()))));
    }
    t.equal(new Set(members.map(({ connection }) => connection.id)).size, CROWD, 'ids are unique');
    for (const { connection } of members) connection.subscribe('room');
    at.transport.publish('room', 'hello');
    await Promise.all(members.map(({ client }) => client.until(1)));
    for (const [index, { client, connection }] of members.entries()) {
      if (index % 3 === 0) client.socket.close(1000);
      else if (index % 3 === 1) client.tcp.destroy();
      else connection.close(4000, '');
    }
    await at.events.count('closed', CROWD);
    await Promise.all(members.map(({ client }) => client.closed));
    const seen = new Set<Connection>(at.events.of('closed').map(({ connection }) => connection));
    t.equal(seen.size, CROWD, 'each closed once');
    const { client, connection } = await at.join();
    connection.subscribe('room');
    at.transport.publish('room', 'who is left');
    t.same(await client.until(1), ['who is left']);
    t.ok(members.every((member) => member.connection.bufferedBytes() === 0));
    t.equal(at.events.of('closed').length, CROWD);
    t.equal(at.events.of('dropped').length, 0);
  });
}

const unused = {
  selectProtocol: () => '',
  opened() {},
  received() {},
  dropped() {},
  drained() {},
  closed() {},
};
