import t from 'tap';
import { APPLICATION_SECRET, startApplication } from '../support/application.ts';
import { connect } from '../support/client.ts';
import { startServer } from '../support/servers.ts';
import { add, bearer, stage, update } from './person.ts';
import { started } from './server-process.ts';

t.test(
  '[WH1] the program is told who comes and goes, and what they do, in the order of the room',
  async (t) => {
    const told: Record<string, unknown>[] = [];
    const at = await stage(t, {}, { onHappening: ({ at: _, ...rest }) => told.push(rest) });
    const ada = await at.member('ada', 'r');
    await ada.ask(add('i', { x: 1 }));
    const twin = await at.member('ada', 'r');
    const ben = await at.member('ben', 'r', await bearer({ sub: 'ben', name: 'Ben' }));
    await ben.ask(update('i', { x: 2 }));
    await ben.ask({ type: 'operation', documentId: 'd', operation: ['hi'], version: 0 });
    await ben.ask({ type: 'message', text: 'no operation' });
    await twin.ask({ type: 'leave' });
    ben.wire.close();
    await ada.ask({ type: 'leave' });
    const room = { roomId: 'r' };
    const changes = (change: object) => ({ type: 'room.operations', ...room, changes: [change] });
    t.match(told, [
      { type: 'room.created', ...room },
      { type: 'member.joined', ...room, user: { userId: 'ada' } },
      changes({
        kind: 'scene',
        userId: 'ada',
        fromVersion: 0,
        toVersion: 1,
        operations: [{ type: 'add', target: 'item', id: 'i', data: { x: 1 } }],
      }),
      { type: 'member.joined', ...room, user: { userId: 'ben', name: 'Ben' } },
      changes({ kind: 'scene', userId: 'ben', fromVersion: 1, toVersion: 2 }),
      changes({ kind: 'text', userId: 'ben', documentId: 'd', version: 1, operation: ['hi'] }),
      { type: 'member.left', ...room, user: { userId: 'ben', name: 'Ben' } },
      { type: 'member.left', ...room, user: { userId: 'ada' } },
      { type: 'room.emptied', ...room },
    ]);
    t.equal(told.length, 9);
  },
);

t.test('[WH1] what is refused did not happen, and a listener that fails disturbs nobody', async (t) => {
  const told: string[] = [];
  const at = await stage(
    t,
    {},
    {
      onHappening: ({ type }) => {
        told.push(type);
        throw new Error('a fault of the program');
      },
    },
  );
  const ada = await at.member('ada', 'r');
  t.match(await ada.ask(update('missing', {})), { code: 'NOT_FOUND' });
  t.match(await ada.ask({ type: 'message', text: 'x' }), { type: 'ack' });
  t.same(told, ['room.created', 'member.joined']);
});

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(
    `[WH1] [WH2] [WH3] the application is told over HTTP, also what happened while it was away (${TRANSPORT})`,
    async (t) => {
      const application = await startApplication(t);
      let isAway = true;
      application.reply = () => ({ status: isAway ? 503 : 200 });
      const env = {
        TRANSPORT,
        STORE: 'lmdb',
        DATA_DIR: t.testdir(),
        WEBHOOK_URL: application.url,
        WEBHOOK_SECRET: APPLICATION_SECRET,
        WEBHOOK_BATCH_MS: '50',
      };
      const first = await startServer(env);
      const ada = await connect(first.port);
      await ada.nextOf('welcome');
      await ada.ask({ type: 'join', roomId: 'r', user: { userId: 'ada' } });
      for (let count = 0; count < 20; count++) await ada.ask(add(`i${count}`));
      await application.until(1);
      await first.close();
      const tried = application.calls.length;
      isAway = false;
      const second = await startServer(env);
      t.teardown(() => second.close());
      const told = () => application.calls.slice(tried).map(({ body }) => body);
      while (told().at(-1)?.type !== 'room.emptied') {
        await application.until(application.calls.length + 1);
      }
      const types = told().map(({ type }) => type);
      t.same(types.slice(0, 2), ['room.created', 'member.joined']);
      t.same(types.slice(-2), ['member.left', 'room.emptied']);
      const changes = told().flatMap(({ type, data }) => (type === 'room.operations' ? data.changes : []));
      t.same(
        changes.map((one) => one.toVersion),
        Array.from({ length: 20 }, (_, index) => index + 1),
        'each once and in order',
      );
      t.ok(types.length < 10, 'those that waited went together');
      t.same(application.forged, []);
      const metrics = await (await fetch(`http://127.0.0.1:${second.port}/metrics`)).text();
      t.match(metrics, /tandem_webhooks_total\{outcome="delivered"\} [1-9]/);
    },
  );
}

t.test('[WH2] what waits outlives kill -9, and who was in a room has then left it', async (t) => {
  const application = await startApplication(t);
  let isAway = true;
  application.reply = () => ({ status: isAway ? 503 : 200 });
  const env = {
    STORE: 'lmdb',
    DATA_DIR: t.testdir(),
    WEBHOOK_URL: application.url,
    WEBHOOK_SECRET: APPLICATION_SECRET,
  };
  const first = await started(t, env);
  const ada = await connect(first.port);
  await ada.nextOf('welcome');
  await ada.ask({ type: 'join', roomId: 'r', user: { userId: 'ada' } });
  for (let count = 0; count < 20; count++) await ada.ask(add(`i${count}`));
  first.child.kill('SIGKILL');
  await first.ended;
  const tried = application.calls.length;
  isAway = false;
  const second = await started(t, env);
  const told = () => application.calls.slice(tried).map(({ body }) => body);
  const tell = (type: string) => told().some((one) => one.type === type);
  while (!tell('room.operations')) await application.until(application.calls.length + 1);
  t.same(
    told()
      .slice(0, 2)
      .map(({ type }) => type),
    ['room.created', 'member.joined'],
  );
  const changes = told().flatMap(({ type, data }) => (type === 'room.operations' ? data.changes : []));
  const versions = changes.map((one) => one.toVersion);
  t.ok(versions.length >= 15, `${versions.length} of 20: the last moment may be missing`);
  t.same(
    versions,
    versions.map((_, index) => index + 1),
  );
  // Nobody has come there since.
  while (!tell('room.emptied')) await application.until(application.calls.length + 1);
  t.ok(tell('member.left'));
  const ben = await connect(second.port);
  await ben.nextOf('welcome');
  await ben.ask({ type: 'join', roomId: 'r', user: { userId: 'ben' } });
  const isBen = ({ type, data }: { type: string; data: { user?: { userId: string } } }) =>
    type === 'member.joined' && data.user?.userId === 'ben';
  while (!told().some(isBen)) await application.until(application.calls.length + 1);
  const types = told().map(({ type }) => type);
  t.same(types.slice(-4), ['member.left', 'room.emptied', 'room.created', 'member.joined']);
  ada.socket.terminate();
  ben.socket.terminate();
});
