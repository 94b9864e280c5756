import t, { type Test } from 'tap';
import { type Stage, stage, token } from '../native/person.ts';

/** Somebody in a room, with what is heard there: the names of events, and `ok` for each answer. */
async function member(at: Stage, name: string, namespace: string, join: readonly [string, object]) {
  const wire = at.connect({ path: '/socket.io/', query: 'EIO=4&transport=websocket' });
  const head = namespace === '/' ? '' : `${namespace},`;
  wire.sendRaw(`40${head}${JSON.stringify({ token: await token({ sub: name, name }) })}`);
  const emit = (event: string, data: object, id: number | '' = '') =>
    wire.sendRaw(`42${head}${id}${JSON.stringify([event, data])}`);
  await at.until(() => wire.takeFrames().find((one) => one.startsWith('40')), 'welcome');
  emit(...join);
  await at.pass(64);
  wire.takeFrames();
  let asked = 0;
  return {
    emit,
    ask(event: string, data: object) {
      asked += 1;
      emit(event, data, asked);
    },
    /** Versions stand behind the names of what has one. */
    heard() {
      return wire.takeFrames().flatMap((frame) => {
        if (frame.startsWith('43')) {
          const [{ ok, version }] = JSON.parse(frame.slice(frame.indexOf('[')));
          return [`${ok ? 'ok' : 'refused'} ${version}`];
        }
        if (!frame.startsWith('42')) return [];
        const [event, { version, delta }] = JSON.parse(frame.slice(frame.indexOf('[')));
        return [`${event} ${delta?.toVersion ?? version}`];
      });
    },
  };
}

async function scene(t: Test) {
  const at = await stage(t);
  const join = ['joinScene', { projectId: 'p', sceneId: 's' }] as const;
  const [ada, ben] = [await member(at, 'ada', '/scenes', join), await member(at, 'ben', '/scenes', join)];
  let items = 0;
  const add = () => {
    items += 1;
    return { type: 'add', target: 'item', data: { id: `item-${items}` } };
  };
  // It leaves at once; what follows waits for the tick.
  ben.emit('sceneOperation', add());
  await at.settle();
  ada.heard();
  return { at, ada, ben, add, publish: () => at.server.publish('scene:p:s', { event: 'news', data: {} }) };
}

async function room(t: Test) {
  const at = await stage(t);
  const roomId = 'room';
  const join = ['join_room', { roomId }] as const;
  const [ada, ben] = [await member(at, 'ada', '/', join), await member(at, 'ben', '/', join)];
  return { at, roomId, join, ada, ben };
}

/** What was said has left at once; what follows waits for the tick. */
async function amidTick(t: Test) {
  const all = await room(t);
  const { at, roomId, ada, ben } = all;
  ben.emit('send_message', { roomId, message: 'first' });
  await at.settle();
  ada.heard();
  return all;
}

t.test('[SO3] an operation is answered after all that leads to its version has come', async (t) => {
  const { at, ada, ben, add } = await scene(t);
  ben.emit('sceneOperation', add());
  ada.ask('sceneOperation', add());
  await at.settle();
  await at.pass(64);
  t.same(ada.heard(), ['sceneDelta 3', 'ok 3']);
});

t.test('[SO3] also where an event is told before that, or it is refused', async (t) => {
  const { at, ada, ben, add, publish } = await scene(t);
  ada.ask('sceneOperation', add());
  await at.settle();
  await publish();
  await at.pass(64);
  t.same(ada.heard(), ['news undefined', 'sceneDelta 2', 'ok 2']);
  for (const one of [ben, ada]) one.emit('sceneOperation', add());
  await at.settle();
  ada.ask('sceneOperation', { type: 'update', target: 'item', id: 'nothing', data: { x: 1 } });
  await at.settle();
  await at.pass(64);
  t.same(ada.heard(), ['sceneDelta 3', 'sceneDelta 4', 'refused undefined']);
});

t.test(
  '[SO3] [TX6] what is written is answered between what others write, whatever else happens',
  async (t) => {
    const { at, roomId, ada, ben } = await room(t);
    const cy = await at.member('cy', roomId);
    const write = { roomId, documentId: 'd', operation: ['x'], version: 0 };
    const change = async (id: string) => {
      cy.send({ type: 'sceneOperation', operation: { type: 'add', target: 'item', id, data: {} } });
      await at.settle();
    };
    await change('a/section');
    ada.heard();
    await change('b/section');
    ada.ask('operation', write);
    await at.settle();
    ben.emit('operation', { ...write, version: 1 });
    await at.settle();
    ada.ask('send_message', { roomId, message: 'done' });
    await at.settle();
    await at.pass(64);
    t.same(ada.heard(), [
      'ok 1',
      'operation 2',
      'message undefined',
      'blueprint_update undefined',
      'ok undefined',
    ]);
  },
);

t.test(
  '[SO3] who says something, leaves and joins again in one tick is answered in that order',
  async (t) => {
    const { at, roomId, join, ada, ben } = await amidTick(t);
    ada.ask('send_message', { roomId, message: 'mine' });
    ada.emit('leave_room', { roomId });
    ada.emit(...join);
    await at.settle();
    ben.emit('send_message', { roomId, message: 'later' });
    await at.settle();
    await at.pass(64);
    t.same(ada.heard(), [
      'ok undefined',
      'room_left undefined',
      'room_joined undefined',
      'message undefined',
    ]);
  },
);

t.test('[SO3] [TX6] so is who joins once more in between', async (t) => {
  const { at, roomId, join, ada } = await amidTick(t);
  const write = (version: number) => ({ roomId, documentId: 'd', operation: ['x'], version });
  ada.ask('operation', write(0));
  await at.settle();
  ada.emit(...join);
  ada.ask('operation', write(1));
  await at.settle();
  await at.pass(64);
  t.same(ada.heard(), ['room_joined undefined', 'ok 1', 'ok 2']);
});
