import t from 'tap';
import { onEach } from './stage.ts';

const componentId = 'c1';

onEach(t, '[SO9] subscribers of a component hear what others do to it', async (t, start) => {
  const at = await start();
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  t.match(await ada.ask('component:subscribe', { componentId }), { ok: true, componentId });
  await ben.ask('component:subscribe', { componentId });
  t.match(await ada.next('component:user-joined'), { userId: 'ben', userEmail: 'ben@example.org' });

  ada.emit('component:update', { componentId, updates: { title: 'T' } });
  const updated = await ben.next('component:updated');
  t.match(updated, { componentId, updates: { title: 'T' }, updatedBy: 'ada' });
  t.equal(new Date(updated.timestamp).toISOString(), updated.timestamp);

  const nested = { componentId, rowId: 'r1', nestedComponentId: 'n1' };
  ada.emit('component:nested-create', {
    componentId,
    rowId: 'r1',
    nestedComponent: { id: 'n1', kind: 'text' },
  });
  for (const each of [ada, ben]) {
    t.match(await each.next('component:nested-created'), {
      componentId,
      rowId: 'r1',
      nestedComponent: { id: 'n1', kind: 'text' },
      createdBy: 'ada',
    });
  }
  ben.emit('component:nested-update', { ...nested, updates: { kind: 'image' } });
  t.match(await ada.next('component:nested-updated'), {
    ...nested,
    updates: { kind: 'image' },
    updatedBy: 'ben',
  });
  ben.emit('component:nested-delete', nested);
  for (const each of [ada, ben]) {
    t.match(await each.next('component:nested-deleted'), { ...nested, deletedBy: 'ben' });
  }
  ada.emit('component:typing', { componentId });
  t.match(await ben.next('component:typing'), { componentId, userId: 'ada', userEmail: 'ada@example.org' });
  ben.emit('component:unsubscribe', { componentId });
  t.match(await ada.next('component:user-left'), { userId: 'ben', userEmail: 'ben@example.org' });
  for (const each of [ada, ben]) {
    t.same(
      each.heard().filter((event) => event === 'error' || event === 'component:updated'),
      [],
    );
  }
});

onEach(
  t,
  'of an entity, subscribers hear of themselves, and of cursors in its components',
  async (t, start) => {
    const at = await start();
    const entity = { entityType: 'page', entityId: 'page-123' };
    const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
    ada.emit('component:subscribe', entity);
    t.match(await ada.next('component:user-joined'), { userId: 'ada' });
    await ben.ask('component:subscribe', { ...entity, componentId });
    t.match(await ada.next('component:user-joined'), { userId: 'ben' });
    ben.emit('component:cursor', { ...entity, componentId, position: { line: 3, ch: 4 } });
    t.match(await ada.next('component:cursor'), { componentId, userId: 'ben', position: { line: 3, ch: 4 } });
  },
);
