import t from 'tap';
import { connect } from '../support/client.ts';
import { onEach, tokenOf } from './stage.ts';

/** To the official client a packet with one of these is broken: it leaves, and comes back to the same. */
const reserved = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'];

onEach(
  t,
  '[SO12] an event that is called as Socket.IO calls its own has another name there, and harms nobody',
  async (t, start) => {
    const at = await start();
    const ada = await at.client({ as: 'ada' });
    await ada.ask('join_room', { roomId: 'r' });
    const ben = await at.client({ namespace: '/scenes', as: 'ben' });
    await ben.ask('joinScene', { projectId: 'p', sceneId: 's' });
    const mallory = await connect(at.server.port, { path: `/ws?token=${await tokenOf('mallory')}` });
    for (const roomId of ['r', 'scene:p:s']) await mallory.ask({ type: 'join', roomId });
    for (const event of reserved) {
      for (const roomId of ['r', 'scene:p:s']) await mallory.ask({ type: 'relay', roomId, event, data: {} });
      for (const one of [ada, ben]) await one.next(`published:${event}`);
      for (const roomId of ['r', 'user:ada']) {
        await at.server.publish(roomId, { event, data: {} });
        await ada.next(`published:${event}`);
      }
    }
    t.ok(ada.socket.connected && ben.socket.connected);
    t.notOk([...ada.heard(), ...ben.heard()].includes('disconnect'));
    await mallory.close();
  },
);

onEach(
  t,
  '[SO12] what the server says in its own name cannot be said by a member of the room',
  async (t, start) => {
    const at = await start();
    const ada = await at.client({ as: 'ada' });
    await ada.ask('join_room', { roomId: 'r' });
    const ben = await at.client({ namespace: '/scenes', as: 'ben' });
    await ben.ask('joinScene', { projectId: 'p', sceneId: 's' });
    const mallory = await connect(at.server.port, { path: `/ws?token=${await tokenOf('mallory')}` });
    const relay = async (roomId: string, event: string, data: object) => {
      await mallory.ask({ type: 'join', roomId });
      await mallory.ask({ type: 'relay', roomId, event, data });
    };
    const script = { message: '<script>alert(1)</script>' };
    await relay('r', 'message', script);
    t.match(await ada.next('published:message'), script);
    t.notOk(ada.heard().includes('message'));
    await relay('scene:p:s', 'sceneDelta', { delta: {} });
    await ben.next('published:sceneDelta');
    t.notOk(ben.heard().includes('sceneDelta'));
    // Backends may.
    await at.server.publish('r', { event: 'message', data: { message: 'from the application' } });
    t.match(await ada.next('message'), { message: 'from the application' });
    await mallory.close();
  },
);

onEach(
  t,
  '[SO4] an id that leaves no room for the others is named as its sender calls it',
  async (t, start) => {
    const at = await start();
    const ada = await at.client({ as: 'ada' });
    await ada.ask('join_room', { roomId: 'r' });
    const [long, half] = ['x'.repeat(195), 'x'.repeat(150)];
    const nested = { componentId: 'c1', rowId: 'r', nestedComponentId: 'n' };
    for (const [event, data, path] of [
      ['component:subscribe', { componentId: long }, 'componentId'],
      ['component:subscribe', { componentId: 'c1', entityType: 'page', entityId: long }, 'entityId'],
      ['component:subscribe', { entityType: long, entityId: 'p1' }, 'entityType'],
      ['component:update', { componentId: long, updates: {} }, 'componentId'],
      ['component:nested-delete', { ...nested, rowId: '/'.repeat(120) }, 'rowId'],
      ['component:typing', { componentId: long }, 'componentId'],
      ['component:cursor', { entityType: 'page', entityId: long }, 'entityId'],
      [
        'component:nested-update',
        { ...nested, rowId: half, nestedComponentId: half, updates: {} },
        'nestedComponentId',
      ],
      ['component:nested-delete', { ...nested, rowId: 'x'.repeat(200) }, 'rowId'],
      [
        'component:nested-create',
        { ...nested, rowId: half, nestedComponent: { id: half } },
        'nestedComponent.id',
      ],
      ['join-project', { projectId: long }, undefined],
      [
        'blueprint_update',
        { roomId: 'r', blueprintId: half, changes: { section: half, action: 'add' } },
        'changes.section',
      ],
    ] as const) {
      const answer = await ada.ask(event, data);
      if (path === undefined) t.match(answer, { code: 'JOIN_FAILED', message: /^projectId: / });
      else t.match(answer, { code: 'INVALID_FIELD', path, expected: /^an id: 1 to \d+ characters/ }, event);
    }
    const ben = await at.client({ namespace: '/scenes', as: 'ben' });
    const answer = await ben.ask('joinScene', { projectId: half, sceneId: half });
    t.match(answer, { code: 'INVALID_FIELD', path: 'sceneId' });
  },
);

onEach(t, '[SO9] ids are measured in characters, whatever they are made of', async (t, start) => {
  const at = await start();
  const ada = await at.client({ as: 'ada' });
  const many = '\u{1f600}'.repeat(120);
  await ada.ask('join_room', { roomId: 'r' });
  await ada.ask('component:subscribe', { componentId: 'c1' });
  const create = (id: string) =>
    ada.ask('component:nested-create', { componentId: 'c1', rowId: many, nestedComponent: { id } });
  t.match(await create('n'.repeat(79)), { ok: true });
  t.match(await create('n'.repeat(80)), {
    path: 'nestedComponent.id',
    expected: 'an id: 1 to 79 characters',
  });
  const changes = { section: 's'.repeat(79), action: 'add' };
  t.match(await ada.ask('blueprint_update', { roomId: 'r', blueprintId: many, changes }), { ok: true });
  const entityId = 'e'.repeat(72);
  t.match(await ada.ask('component:subscribe', { entityType: many, entityId }), { ok: true });
  const ben = await at.client({ namespace: '/scenes', as: 'ben' });
  const sceneId = 's'.repeat(73);
  t.match(await ben.ask('joinScene', { projectId: many, sceneId }), { ok: true, sceneId });
});

onEach(
  t,
  '[SO12] what a member relays is said of the room that it is in, whatever it names',
  async (t, start) => {
    const at = await start();
    const ada = await at.client({ as: 'ada' });
    for (const componentId of ['mine', 'ours']) await ada.ask('component:subscribe', { componentId });
    for (const roomId of ['mine', 'ours']) await ada.ask('join_room', { roomId });
    const mallory = await connect(at.server.port, { path: `/ws?token=${await tokenOf('mallory')}` });
    const relay = async (roomId: string, event: string, data: object) => {
      await mallory.ask({ type: 'join', roomId });
      t.match(await mallory.ask({ type: 'relay', roomId, event, data }), { type: 'ack' });
    };
    const forged = { componentId: 'mine', updates: { title: 'T' }, updatedBy: 'ada' };
    await relay('component:ours', 'component:updated', forged);
    t.match(await ada.next('component:updated'), { componentId: 'ours', updatedBy: 'mallory' });
    await relay('ours', 'blueprint_update', { roomId: 'mine', blueprintId: 'b', changes: {} });
    t.match(await ada.next('blueprint_update'), { roomId: 'ours', blueprintId: 'b', userId: 'mallory' });
    await mallory.close();
  },
);

onEach(t, '[EV1] what a member relays that has no fields arrives as it came', async (t, start) => {
  const at = await start();
  const ada = await at.client({ as: 'ada' });
  await ada.ask('join_room', { roomId: 'r' });
  await ada.ask('component:subscribe', { componentId: 'c' });
  const mallory = await connect(at.server.port, { path: `/ws?token=${await tokenOf('mallory')}` });
  for (const roomId of ['r', 'component:c']) {
    await mallory.ask({ type: 'join', roomId });
    for (const data of ['x'.repeat(5000), [1, 2], 5, false, null]) {
      await mallory.ask({ type: 'relay', roomId, event: 'noted', data });
      t.same(await ada.next('noted'), data);
    }
    await mallory.ask({ type: 'relay', roomId, event: 'noted', data: { by: 'me' } });
    t.match(await ada.next('noted'), { by: 'me', userId: 'mallory' });
  }
  // Of its own words the application knows that they have fields.
  await mallory.ask({ type: 'relay', roomId: 'component:c', event: 'component:updated', data: null });
  t.match(await ada.next('component:updated'), { componentId: 'c', updatedBy: 'mallory' });
  await mallory.close();
});
