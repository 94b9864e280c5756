import t from 'tap';
import { onEach } from './stage.ts';

const scene = { projectId: 'project-123', sceneId: 'scene-456' };

onEach(t, '[SO7] people in a scene see each other and what each of them does', async (t, start) => {
  const at = await start();
  const ada = await at.client({ namespace: '/scenes', as: 'ada' });
  t.match(await ada.next('connected'), { userId: 'ada' });
  ada.emit('joinScene', scene);
  t.match(await ada.next('sceneJoined'), {
    ...scene,
    version: 0,
    manifest: { properties: {}, items: {} },
    users: [{ userId: 'ada', userName: 'ADA' }],
  });
  const ben = await at.client({ namespace: '/scenes', as: 'ben' });
  ben.emit('joinScene', scene);
  t.match(await ben.next('sceneJoined'), { users: [{ userId: 'ada' }, { userId: 'ben' }] });
  t.match(await ada.next('userJoined'), { userId: 'ben', userName: 'BEN', ...scene });

  ada.emit('sceneOperation', { type: 'add', target: 'item', data: { id: 'item-789', model: 'chair' } });
  const update = {
    type: 'update',
    target: 'item',
    id: 'item-789',
    data: { position_x: 10.5, rotation_y: 45 },
  };
  t.match(await ada.ask('sceneOperation', update), { ok: true, version: 2 });
  for (const one of [ada, ben]) {
    const operations: unknown[] = [];
    let version = 0;
    while (version < 2) {
      const { delta } = await one.next('sceneDelta');
      t.equal(delta.fromVersion, version);
      version = delta.toVersion;
      operations.push(...delta.operations);
    }
    t.match(operations[0], { type: 'add', target: 'item', id: 'item-789' });
  }
  ben.emit('requestSync', { version: 2 });
  t.same(await ben.next('syncResponse'), { type: 'current', version: 2 });
  ben.emit('requestSync', { version: 0 });
  t.match(await ben.next('sceneDelta'), { delta: { fromVersion: 0, toVersion: 2 } });
  t.same(await ben.next('syncResponse'), { type: 'current', version: 2 });
  ben.emit('requestSync', { version: 99 });
  t.match(await ben.next('syncResponse'), {
    type: 'full',
    version: 2,
    manifest: { items: { 'item-789': {} } },
  });
  ben.emit('leaveScene');
  t.match(await ada.next('userLeft'), { userId: 'ben', userName: 'BEN', ...scene });
  t.same(
    ada.heard().filter((event) => event === 'error'),
    [],
  );
});
