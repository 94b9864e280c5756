import t, { type Test } from 'tap';
import { type Cast, cast, type Setting, settings } from './cast.ts';
import { venue } from './plain-client.ts';

const ids = (presence: Record<string, { userId: string }[]>) => presence.users?.map((user) => user.userId);

for (const TRANSPORT of ['uws', 'ws']) {
  for (const setting of settings) {
    const test = (title: string, run: (t: Test, people: Cast) => Promise<void>, env = {}) =>
      t.test(`${title} (${TRANSPORT}, ${setting.name})`, async (t) => {
        await run(t, await cast(t, setting, { TRANSPORT, ...env }));
      });

    test('[RM2] flow: join a room', async (t, { client, member }) => {
      const ada = await client('ada');
      ada.join('room', { name: 'Ada', avatar: { url: 'a.png' } });
      const presence = await ada.of('presence');
      t.equal(presence.users.length, 1);
      t.hasStrict(presence.users[0], { userId: 'ada', avatar: { url: 'a.png' } });
      t.strictSame((await ada.of('selection_state')).selected, {});
      const ben = await member('ben');
      t.same(ids(await ada.of('presence')), ['ada', 'ben'], 'the others are told');
      ben.leave();
      t.same(ids(await ada.of('presence')), ['ada']);
      await ben.close();
      const cy = await member('cy');
      t.same(ids(await ada.of('presence')), ['ada', 'cy']);
      await cy.close();
      t.same(ids(await ada.of('presence')), ['ada'], 'a connection that closes leaves');
    });

    test('[SL2] flow: select a planet; first come, first served', async (t, { member }) => {
      const [ada, ben] = [await member('ada'), await member('ben')];
      ada.on('select', 'mars');
      for (const one of [ada, ben])
        t.strictSame((await one.of('selection_state')).selected, { mars: ['ada'] });
      ben.on('select', 'mars');
      const conflict = await ben.next((one) => one.type === 'conflict');
      t.hasStrict(conflict, { planetId: 'mars', lockedBy: 'ada' });
      t.match(conflict.reason ?? '', /./);
      t.strictSame((await ada.of('selection_state')).selected, { mars: ['ada', 'ben'] });
      ada.on('unselect', 'mars');
      t.strictSame((await ada.of('selection_state')).selected, { mars: ['ben'] });
      const cy = await member('cy');
      t.strictSame(cy.messages.find((one) => one.type === 'selection_state')?.selected, { mars: ['ben'] });
      await ben.close();
      t.strictSame((await cy.of('selection_state')).selected, {});
    });

    test('[VW1] flow: camera sync', async (t, { member }) => {
      const [ada, ben, cy] = [await member('ada'), await member('ben'), await member('cy')];
      ada.on('join_viewer', 'mars');
      t.hasStrict(await ada.of('viewer_cameras'), { planetId: 'mars', cameras: {} });
      const camera = { position: [1, 2, 3], target: [0, 0, 0], zoom: 2 };
      ada.camera('mars', camera);
      await ada.heartbeat();
      ben.on('join_viewer', 'mars');
      t.strictSame((await ben.of('viewer_cameras')).cameras, { ada: camera });
      ben.camera('mars', { position: { x: 1, y: 2, z: 3 } });
      const seen = await ada.of('camera');
      t.hasStrict(seen, { planetId: 'mars', userId: 'ben' });
      t.strictSame(seen.camera, { position: { x: 1, y: 2, z: 3 } });
      t.notOk(cy.messages.some((one) => one.type === 'camera'));
      ben.on('leave_viewer', 'mars');
      await ben.heartbeat();
      const from = ben.messages.length;
      ada.camera('mars', { zoom: 9 });
      await ada.heartbeat();
      t.notOk((await ben.since(from)).some((one) => one.type === 'camera'));
    });

    test('[NP4] heartbeats and acks', async (t, { member }) => {
      const ada = await member('ada');
      t.hasStrict(await ada.heartbeat(), { type: 'ack', op: 'heartbeat', ok: true });
      for (const type of ['select', 'unselect', 'join_viewer', 'leave_viewer'] as const) {
        ada.on(type, 'mars');
        t.hasStrict(await ada.next((one) => one.op === type), { type: 'ack', ok: true });
      }
      ada.leave();
      t.hasStrict(await ada.next((one) => one.op === 'leave'), { type: 'ack', ok: true });
    });
  }

  const open = settings[0] as Setting;

  t.test(`[RM3] a room has 20 users (${TRANSPORT})`, async (t) => {
    const { member, client } = await cast(t, open, { TRANSPORT });
    const first = await member('user-1');
    for (let count = 2; count <= 20; count++) await member(`user-${count}`);
    const late = await client('late');
    late.join('room');
    const error = await late.of('error');
    t.hasStrict(error, { op: 'join', ok: false, code: 'ROOM_FULL' });
    t.type(error.message, 'string');
    t.equal((await first.next((one) => one.type === 'presence' && one.users.length === 20)).users.length, 20);
    late.join('another room');
    t.same(ids(await late.of('presence')), ['late'], 'other rooms are open');
  });

  t.test(`[SL4] locks end after five minutes, and heartbeats renew them (${TRANSPORT})`, async (t) => {
    const { at, member } = await cast(t, open, { TRANSPORT });
    const [ada, ben] = [await member('ada'), await member('ben')];
    ada.on('select', 'mars');
    await ada.next((one) => one.selected?.mars !== undefined);
    ben.on('select', 'venus');
    await ada.next((one) => one.selected?.venus !== undefined);
    for (let minute = 0; minute < 10; minute++) {
      at.clock.forward(60_000);
      await ada.heartbeat();
      // A camera of nothing that it views: a sign of life that renews nothing.
      ben.camera('nothing', {});
      await ben.next((one) => one.op === 'camera');
      if (minute === 5) t.strictSame((await ada.of('selection_state')).selected, { mars: ['ada'] });
    }
    const from = ada.messages.length;
    t.notOk(
      (await ada.since(from)).some((one) => one.type === 'selection_state'),
      'ada’s was renewed',
    );
  });

  t.test(`[PR4] [PR3] who is silent for 90 s is removed; who broke off, too (${TRANSPORT})`, async (t) => {
    const { at, member } = await cast(t, open, { TRANSPORT });
    const [ada, ben, cy] = [await member('ada'), await member('ben'), await member('cy')];
    await ada.next((one) => one.type === 'presence' && one.users.length === 3);
    cy.socket.terminate();
    await cy.closed;
    for (let beat = 1; beat <= 2; beat++) {
      at.clock.forward(30_000);
      await ada.heartbeat();
    }
    t.notOk(ada.messages.some((one, index) => one.type === 'presence' && one.users.length < 3 && index > 5));
    at.clock.forward(31_000);
    const gone = await ada.next((one) => one.type === 'presence' && one.users.length === 1);
    t.same(ids(gone), ['ada']);
    t.ok((await ben.closed) >= 4000, 'and its connection is closed');
  });

  t.test(`[RL2] [ER2] limits and validation (${TRANSPORT})`, async (t) => {
    const { member } = await cast(t, open, { TRANSPORT });
    const [ada, ben] = [await member('ada'), await member('ben')];
    const from = ben.messages.length;
    ada.send({ type: 'select', userId: 'ada' });
    t.hasStrict(await ada.of('error'), { op: 'select', ok: false, code: 'INVALID_FIELD' });
    ada.socket.send('{ not json');
    t.hasStrict(await ada.of('error'), { ok: false, code: 'NOT_JSON' });
    ada.send({ type: 'teleport', userId: 'ada' });
    t.hasStrict(await ada.of('error'), { ok: false, code: 'UNKNOWN_TYPE' });
    ada.send({ type: 'select', planetId: 'mars', userId: 'ben' });
    t.hasStrict(await ada.of('error'), { op: 'select', ok: false, code: 'IDENTITY_MISMATCH' });
    t.same(await ben.since(from), [], 'nobody else is disturbed');
    // Some more than the sixty: a busy machine takes its time, in which the bucket fills again.
    for (let count = 0; count < 200; count++) ada.on('select', 'mars');
    t.hasStrict(await ada.of('error'), { ok: false, code: 'RATE_LIMITED' });
    t.equal(ada.socket.readyState, ada.socket.OPEN);
  });

  t.test(`[RM1] rooms are separate, and gone with their last user (${TRANSPORT})`, async (t) => {
    const { member } = await cast(t, open, { TRANSPORT });
    const [ada, ben] = [await member('ada', 'one'), await member('ben', 'two')];
    const from = ben.messages.length;
    ada.on('select', 'mars');
    await ada.next((one) => one.selected?.mars !== undefined);
    t.same(await ben.since(from), []);
    ada.leave();
    await ada.next((one) => one.op === 'leave');
    const cy = await member('cy', 'one');
    t.same(ids(cy.messages.find((one) => one.type === 'presence') ?? {}), ['cy']);
    t.strictSame(cy.messages.find((one) => one.type === 'selection_state')?.selected, {});
  });

  t.test(`health check, and pages of any origin may open a WebSocket (${TRANSPORT})`, async (t) => {
    const at = await venue(t, { TRANSPORT, AUTH: 'optional', HEALTH_PORT: '0' });
    for (const port of [at.server.port, at.server.healthPort]) {
      const response = await fetch(`http://127.0.0.1:${port}/health`);
      t.equal(response.status, 200);
      t.strictSame(await response.json(), { ok: true });
    }
    const ada = await at.member('ada', 'room', { headers: { origin: 'https://anywhere.example' } });
    t.hasStrict(await ada.heartbeat(), { ok: true });
  });

  t.test(`[ID4] without a token, where one is needed (${TRANSPORT})`, async (t) => {
    const at = await venue(t, { TRANSPORT, AUTH: 'required' });
    const ada = await at.client('ada');
    ada.join('room');
    t.hasStrict(await ada.of('error'), { op: 'join', ok: false, code: 'UNAUTHENTICATED' });
    at.clock.forward(11_000);
    t.equal(await ada.closed, 4003);
  });
}
