import t from 'tap';
import { type Backend, createBackend } from '../../../clients/backend/index.ts';
import { onEach, type SocketStage, tokenOf } from '../stage.ts';

async function backendOf({ url }: SocketStage): Promise<Backend> {
  return createBackend({ url: url(''), token: await tokenOf('service', { scope: 'publish' }) });
}

onEach(
  t,
  '[HT7] a service that has saved a component tells all who look at its entity',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const backend = await backendOf(at);
    const [ada, ben, other] = [
      await at.client({ as: 'ada' }),
      await at.client({ as: 'ben' }),
      await at.client({ as: 'cleo' }),
    ];
    for (const one of [ada, ben]) {
      await one.ask('component:subscribe', { entityType: 'page', entityId: 'page-123' });
    }
    await other.ask('component:subscribe', { entityType: 'page', entityId: 'page-124' });
    const update = {
      componentId: 'component-1',
      updates: { title: 'New' },
      updatedBy: 'ada',
      timestamp: new Date(0).toISOString(),
    };
    await backend.publish('entity:page:page-123', 'component:updated', update);
    for (const one of [ada, ben]) t.same(await one.next('component:updated'), update);
    // The author has it on the screen already.
    await backend.publish(
      'entity:page:page-123',
      'component:updated',
      { ...update, n: 2 },
      { exclude: 'ada' },
    );
    await backend.publish('entity:page:page-123', 'component:updated', { ...update, n: 3 });
    t.match(await ben.next('component:updated'), { n: 2 });
    t.match(await ada.next('component:updated'), { n: 3 });
    for (const event of ['component:created', 'component:deleted']) {
      const data = { componentId: 'component-2', by: 'ada' };
      await backend.publish('entity:page:page-123', event, data);
      for (const one of [ada, ben]) t.same(await one.next(event), data, event);
      t.notOk(other.heard().includes(event));
    }
    t.notOk(other.heard().includes('component:updated'));
  },
  ['websocket only', 'polling only'],
);

onEach(
  t,
  '[HT13] where there is no socket a component is polled, and told only when it has changed',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const backend = await backendOf(at);
    const ada = await at.client({ as: 'ada' });
    await ada.ask('component:subscribe', { componentId: 'c' });
    await ada.ask('component:update', { componentId: 'c', updates: { title: 'First' } });
    const first = await backend.state('component:c');
    t.match(first, { version: 1, manifest: { properties: { title: 'First' } } });
    t.equal(await backend.state('component:c', first?.etag), undefined);
    await ada.ask('component:update', { componentId: 'c', updates: { title: 'Second' } });
    const second = await backend.state('component:c', first?.etag);
    t.match(second, { version: 2, manifest: { properties: { title: 'Second' } } });
    t.match(await backend.operations('component:c', 1, second?.epoch), {
      toVersion: 2,
      operations: [{ type: 'update', target: 'scene', data: { title: 'Second' } }],
    });
    ada.socket.disconnect();
    t.equal(await backend.state('component:c', second?.etag), undefined, 'also when nobody is there');
  },
  ['websocket only'],
);
