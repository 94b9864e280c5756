import type { Socket } from 'socket.io-client';
import t from 'tap';
import { connect } from '../../support/client.ts';
import { onEach, Person, type SocketStage, tokenOf } from '../stage.ts';

// biome-ignore lint/suspicious/noExplicitAny: as applications have it
type Callback = (data: any) => void;

class WebSocketClient {
  socket: Socket | null = null;

  connect(stage: SocketStage, token: string) {
    this.socket = stage.io(stage.url(''), { auth: { token } });
  }

  disconnect() {
    if (this.socket) {
      this.socket.disconnect();
      this.socket = null;
    }
  }

  subscribeToComponent(componentId: string) {
    this.socket?.emit('component:subscribe', { componentId });
  }

  unsubscribeFromComponent(componentId: string) {
    this.socket?.emit('component:unsubscribe', { componentId });
  }

  on(event: string, callback: Callback) {
    this.socket?.on(event, callback);
  }

  onComponentUpdated(callback: Callback) {
    this.on('component:updated', callback);
  }

  updateComponent(componentId: string, updates: object) {
    this.socket?.emit('component:update', { componentId, updates });
  }
}

/** What a page does when a component is shown; returns what it does when that is hidden. */
function useRealtime(wsClient: WebSocketClient, componentId: string, invalidate: () => void): () => void {
  wsClient.subscribeToComponent(componentId);
  wsClient.onComponentUpdated(invalidate);
  wsClient.on('component:nested-updated', invalidate);
  wsClient.on('component:nested-created', invalidate);
  wsClient.on('component:nested-deleted', invalidate);
  return () => wsClient.unsubscribeFromComponent(componentId);
}

const componentId = 'c1';

onEach(t, 'a page is refreshed by what others change, and no more once it is closed', async (t, start) => {
  const at = await start({ AUTH: 'required' });
  const [ada, ben] = [new WebSocketClient(), new WebSocketClient()];
  ada.connect(at, await tokenOf('ada'));
  ben.connect(at, await tokenOf('ben'));
  const [adaHears, benHears] = [new Person(ada.socket as Socket), new Person(ben.socket as Socket)];
  const refreshed = { ada: 0, ben: 0 };
  const unmount = useRealtime(ada, componentId, () => {
    refreshed.ada += 1;
  });
  // An answer to each: what was sent before has been done.
  await adaHears.ask('component:subscribe', { componentId });
  useRealtime(ben, componentId, () => {
    refreshed.ben += 1;
  });
  t.match(await adaHears.next('component:user-joined'), { userId: 'ben', userEmail: 'ben@example.org' });

  ben.updateComponent(componentId, { title: 'T' });
  t.match(await adaHears.next('component:updated'), { componentId, updatedBy: 'ben' });
  const row = { componentId, rowId: 'r1' };
  ben.socket?.emit('component:nested-create', { ...row, nestedComponent: { id: 'n1' } });
  await adaHears.next('component:nested-created');
  const nested = { ...row, nestedComponentId: 'n1' };
  ben.socket?.emit('component:nested-update', { ...nested, updates: { kind: 'text' } });
  await adaHears.next('component:nested-updated');
  ben.socket?.emit('component:nested-delete', nested);
  await adaHears.next('component:nested-deleted');
  await benHears.next('component:nested-deleted');
  t.same(refreshed, { ada: 4, ben: 2 }, 'of its own only what others must not know better');

  unmount();
  t.match(await benHears.next('component:user-left'), { userId: 'ada' });
  await benHears.ask('component:update', { componentId, updates: { title: 'U' } });
  await adaHears.ask('component:subscribe', { componentId: 'another' });
  t.equal(refreshed.ada, 4);
  ben.disconnect();
  t.equal(await benHears.next('disconnect'), 'io client disconnect');
});

onEach(t, 'conflicts show: who changes a component hears of the changes of others only', async (t, start) => {
  const at = await start();
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  const stale: string[] = [];
  for (const one of [ada, ben]) await one.ask('component:subscribe', { componentId });
  ada.socket.on('component:updated', (data) => {
    if (data.updatedBy !== 'ada') stale.push(data.componentId);
  });
  t.match(await ada.ask('component:update', { componentId, updates: { title: 'mine' } }), { ok: true });
  t.same(stale, []);
  await ben.ask('component:update', { componentId, updates: { title: 'theirs' } });
  await ada.next('component:updated');
  t.same(stale, [componentId]);
});

onEach(t, '[SO9] by component, by entity or by both, and until the page is closed', async (t, start) => {
  const at = await start();
  const entity = { entityType: 'page', entityId: 'page-123' };
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  await ada.ask('component:subscribe', { ...entity, componentId });
  t.match(await ada.next('component:user-joined'), { userId: 'ada' });
  await ben.ask('component:subscribe', { ...entity, componentId });
  const joined = [await ada.next('component:user-joined'), await ada.next('component:user-joined')];
  const bens = { userId: 'ben', userEmail: 'ben@example.org' };
  t.same(
    joined.sort((a) => ('componentId' in a ? -1 : 1)),
    [
      { ...bens, componentId },
      { ...bens, ...entity },
    ],
    'in each of both rooms once',
  );
  ben.emit('component:unsubscribe', { componentId });
  t.match(await ada.next('component:user-left'), { userId: 'ben', componentId });
  ben.socket.disconnect();
  t.match(await ada.next('component:user-left'), { userId: 'ben', ...entity });
});

onEach(t, 'what is missing or of no sense is named', async (t, start) => {
  const at = await start();
  const ada = await at.client({ as: 'ada' });
  const refused = async (event: string, data: unknown, path: string) =>
    t.match(await ada.ask(event, data), { ok: false, code: 'INVALID_FIELD', path, event });
  await refused('component:subscribe', {}, 'componentId');
  await refused('component:subscribe', { entityType: 'page' }, 'entityId');
  await refused('component:subscribe', { entityType: 'a:b', entityId: 'c' }, 'entityType');
  await refused('component:update', { componentId }, 'updates');
  await refused('component:update', { componentId, updates: [1] }, 'updates');
  await refused('component:nested-create', { componentId, rowId: 'r' }, 'nestedComponent');
  await refused(
    'component:nested-create',
    { componentId, rowId: 'r', nestedComponent: {} },
    'nestedComponent.id',
  );
  await refused('component:nested-update', { componentId, rowId: 'r', updates: {} }, 'nestedComponentId');
  t.match(await ada.ask('component:update', { componentId, updates: {} }), { code: 'NOT_JOINED' });
  t.match(await ada.ask('component:cursor', { componentId, position: 3 }), { ok: false });
});

onEach(t, '[SO9] what was saved is there for who asks the room in other words', async (t, start) => {
  const at = await start();
  const ada = await at.client({ as: 'ada' });
  await ada.ask('component:subscribe', { componentId });
  await ada.ask('component:update', { componentId, updates: { title: 'T' } });
  const row = { componentId, rowId: 'r1' };
  await ada.ask('component:nested-create', { ...row, nestedComponent: { id: 'n1', kind: 'text' } });
  await ada.ask('component:nested-update', { ...row, nestedComponentId: 'n1', updates: { kind: 'image' } });
  await ada.ask('component:nested-update', { ...row, nestedComponentId: 'n2', updates: { kind: 'new' } });
  await ada.ask('component:nested-delete', { ...row, nestedComponentId: 'n3' });
  const native = await connect(at.server.port);
  t.teardown(() => native.close());
  native.send({ type: 'join', roomId: 'component:c1', user: { userId: 'eve' }, scene: true });
  t.match(await native.nextOf('sceneState'), {
    manifest: {
      properties: { title: 'T' },
      items: { 'r1/n1': { kind: 'image' }, 'r1/n2': { kind: 'new' } },
    },
  });
});
