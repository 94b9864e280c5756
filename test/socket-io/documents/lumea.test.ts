import type { Socket } from 'socket.io-client';
import t from 'tap';
import { onEach, Person, type SocketStage, tokenOf } from '../stage.ts';

type Fields = Record<string, unknown>;
interface Operation {
  type: 'add' | 'update' | 'remove';
  target: 'scene' | 'item';
  id?: string;
  data?: Fields;
}
interface Manifest {
  properties: Fields;
  items: Record<string, Fields>;
}

/** As applications have it; how a scene is kept and shown is their own business. */
class SceneCollaboration {
  readonly socket: Socket;
  sceneVersion = 0;
  scene: Manifest = { properties: {}, items: {} };
  readonly errors: Fields[] = [];
  /** Items that were shown because a delta said so. */
  readonly added: string[] = [];

  constructor(stage: SocketStage, token: string) {
    this.socket = stage.io(`${stage.url('')}/scenes`, { auth: { token } });
    this.setupEventHandlers();
  }

  setupEventHandlers() {
    this.socket.on('sceneJoined', (data) => {
      this.sceneVersion = data.version;
      this.updateScene(data.manifest);
    });
    this.socket.on('sceneDelta', (data) => this.applyDelta(data.delta));
    this.socket.on('syncResponse', (data) => {
      if (data.type !== 'full') return;
      this.sceneVersion = data.version;
      this.updateScene(data.manifest);
    });
    this.socket.on('error', (error) => this.errors.push(error));
  }

  joinScene(projectId: string, sceneId: string) {
    this.socket.emit('joinScene', { projectId, sceneId });
  }

  updateItem(itemId: string, changes: Fields) {
    const operation: Operation = { type: 'update', target: 'item', id: itemId, data: changes };
    this.applyOperationLocally(operation);
    this.socket.emit('sceneOperation', operation);
  }

  applyDelta(delta: { operations: Operation[]; toVersion: number }) {
    for (const operation of delta.operations) this.applyOperationLocally(operation);
    this.sceneVersion = delta.toVersion;
  }

  applyOperationLocally(operation: Operation) {
    const { data = {}, id = String(data.id) } = operation;
    if (operation.target === 'scene') Object.assign(this.scene.properties, data);
    else if (operation.type === 'add') {
      this.added.push(id);
      this.scene.items[id] = flat(data);
    } else if (operation.type === 'update') {
      this.scene.items[id] = { ...this.scene.items[id], ...flat(data) };
    } else delete this.scene.items[id];
  }

  updateScene({ properties, items }: Manifest) {
    const flattened = Object.entries(items).map(([id, item]) => [id, flat(item)] as const);
    this.scene = { properties: { ...properties }, items: Object.fromEntries(flattened) };
  }
}

/** With `position_x` for `transform.position.x`: both say the same. */
function flat({ transform, id: _, ...data }: Fields): Fields {
  const axes = Object.entries((transform ?? {}) as Record<string, Fields>).flatMap(([part, values]) =>
    Object.entries(values).map(([axis, value]) => [`${part}_${axis}`, value]),
  );
  return { ...data, ...Object.fromEntries(axes) };
}

const chair = {
  id: 'new-item-123',
  categoryKey: 'chairs',
  model: 'office_chair_01',
  transform: {
    position: { x: 0, y: 0, z: 0 },
    rotation: { x: 0, y: 0, z: 0 },
    scale: { x: 1, y: 1, z: 1 },
  },
};

onEach(t, 'editors of a scene who apply every delta have the same scene', async (t, start) => {
  const at = await start({ AUTH: 'required' });
  const claims = { projects: ['project-123'] };
  const names = ['ada', 'ben'];
  const open = async (name: string) => {
    const one = new SceneCollaboration(at, await tokenOf(name, claims));
    const person = new Person(one.socket);
    // Before the connection is there: the library keeps it until then.
    one.joinScene('project-123', 'scene-456');
    await person.next('sceneJoined');
    return { one, person };
  };
  const editors = await Promise.all(names.map(open));
  const [ada, ben] = editors.map(({ one }) => one) as [SceneCollaboration, SceneCollaboration];

  ada.socket.emit('sceneOperation', { type: 'add', target: 'item', data: chair });
  await reached(editors, 1);
  ada.socket.emit('sceneOperation', { type: 'add', target: 'item', data: { id: 'lamp', model: 'lamp_02' } });
  ben.updateItem('new-item-123', { position_x: 10.5, rotation_y: 45.0 });
  ada.updateItem('new-item-123', { position_z: 5.2 });
  ben.socket.emit('sceneOperation', { type: 'update', target: 'scene', data: { scale: 1.2, exposure: 1.5 } });
  await reached(editors, 5);
  ada.socket.emit('sceneOperation', { type: 'remove', target: 'item', id: 'lamp' });
  await reached(editors, 6);

  const late = await open('eve');
  t.equal(late.one.sceneVersion, 6);
  const { transform: _, id: __, ...kept } = chair;
  const zero = { rotation_x: 0, rotation_z: 0, position_y: 0, scale_x: 1, scale_y: 1, scale_z: 1 };
  const moved = { position_x: 10.5, position_z: 5.2, rotation_y: 45 };
  const expected = {
    properties: { scale: 1.2, exposure: 1.5 },
    items: { 'new-item-123': { ...kept, ...zero, ...moved } },
  };
  for (const { one } of [...editors, late]) {
    t.same(one.scene, expected);
    t.same(one.errors, []);
  }
});

type Editor = { one: SceneCollaboration; person: Person };

async function reached(editors: readonly Editor[], version: number): Promise<void> {
  for (const { one, person } of editors) while (one.sceneVersion < version) await person.next('sceneDelta');
}

onEach(t, '[SO7] who asks while a change is on its way does not show it twice', async (t, start) => {
  const at = await start();
  const one = new SceneCollaboration(at, await tokenOf('ada'));
  const person = new Person(one.socket);
  one.joinScene('project-123', 'scene-456');
  await person.next('sceneJoined');
  const version = one.sceneVersion;
  await person.ask('sceneOperation', { type: 'add', target: 'item', data: chair });
  // As it names who asks before that has come.
  const answer = await person.ask('requestSync', { version });
  t.match(answer, { ok: true, type: 'full', version: 1 });
  t.same(one.added, [chair.id]);
  t.same([one.sceneVersion, Object.keys(one.scene.items)], [1, [chair.id]]);
  t.same(await person.ask('requestSync', { version: 1 }), { ok: true, type: 'current', version: 1 });
});

onEach(t, 'a scene of a project that a token does not open is refused', async (t, start) => {
  const at = await start({ AUTH: 'required' });
  const one = new SceneCollaboration(at, await tokenOf('ada', { projects: ['another'] }));
  const person = new Person(one.socket);
  one.joinScene('project-123', 'scene-456');
  t.match(await person.next('error'), { code: 'FORBIDDEN', message: String, event: 'joinScene' });
  one.updateItem('item-789', { position_x: 1 });
  t.match(await person.next('error'), { code: 'NOT_JOINED', event: 'sceneOperation' });
});

onEach(t, 'operations are validated, and of two at one version the second is refused', async (t, start) => {
  const at = await start();
  const ada = await at.client({ namespace: '/scenes', as: 'ada' });
  const ben = await at.client({ namespace: '/scenes', as: 'ben' });
  for (const one of [ada, ben]) {
    await one.ask('joinScene', { projectId: 'project-123', sceneId: 'scene-456' });
  }
  const bad: [object, string][] = [
    [{ type: 'paint', target: 'item', id: 'a', data: {} }, 'type'],
    [{ type: 'update', target: 'planet', id: 'a', data: {} }, 'target'],
    [{ type: 'update', target: 'item', data: {} }, 'id'],
    [{ type: 'update', target: 'item', id: 'a' }, 'data'],
  ];
  for (const [operation, path] of bad) {
    t.match(await ada.ask('sceneOperation', operation), { ok: false, code: 'INVALID_FIELD', path });
  }
  t.match(await ada.ask('sceneOperation', { type: 'update', target: 'item', id: 'a', data: { b: 1 } }), {
    code: 'NOT_FOUND',
  });
  await ada.ask('sceneOperation', { type: 'add', target: 'item', data: chair });
  const update = (x: number) => ({
    type: 'update',
    target: 'item',
    id: chair.id,
    data: { position_x: x },
    version: 1,
  });
  t.same(await ada.ask('sceneOperation', { ...update(1), opId: 'op-1' }), {
    ok: true,
    version: 2,
    opId: 'op-1',
  });
  t.match(await ben.ask('sceneOperation', { ...update(2), opId: 'op-2' }), {
    ok: false,
    code: 'VERSION_CONFLICT',
    version: 2,
    opId: 'op-2',
    current: { 'transform.position.x': 1 },
  });
  t.same(await ada.ask('sceneOperation', { ...update(1), opId: 'op-1' }), {
    ok: true,
    version: 2,
    opId: 'op-1',
  });
});

onEach(t, '[SO7] who joins another scene has left the one before', async (t, start) => {
  const at = await start();
  const ada = await at.client({ namespace: '/scenes', as: 'ada' });
  const ben = await at.client({ namespace: '/scenes', as: 'ben' });
  const [first, second] = ['first', 'second'].map((sceneId) => ({ projectId: 'p', sceneId }));
  await ben.ask('joinScene', first);
  await ada.ask('joinScene', first);
  t.match(await ben.next('userJoined'), { userId: 'ada' });
  ada.emit('joinScene', second);
  t.match(await ben.next('userLeft'), { userId: 'ada', ...first });
  t.match(await ada.ask('sceneOperation', { type: 'add', target: 'item', id: 'a', data: {} }), {
    version: 1,
  });
  ada.emit('leaveScene');
  t.match(await ada.ask('sceneOperation', { type: 'add', target: 'item', id: 'b', data: {} }), {
    code: 'NOT_JOINED',
  });
  t.notOk(ben.heard().includes('sceneDelta'));
});
