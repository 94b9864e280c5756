import t from 'tap';
import type { Server } from '../../server/assembly/server-options.ts';
import { openDurableMap } from '../../server/log/durable-map.ts';
import { openLmdbLog } from '../../server/log/lmdb.ts';
import { STAYS } from '../../server/recovery/recovery.ts';
import { createGatedLog } from '../native/gated-log.ts';
import { createLossyLog } from '../native/lossy-log.ts';
import { startServer } from '../support/servers.ts';
import { breakOff, comeBack, durable, onEach, type Person } from './stage.ts';

const roomId = 'blueprint-1';

/** What was heard so far of the messages in the room. */
async function messages(one: Person, count: number): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < count) texts.push((await one.next('message')).message);
  return texts;
}

onEach(
  t,
  '[SO14] who was away comes back to its rooms with all that it missed, once and in order',
  async (t, start) => {
    const at = await start();
    const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
    await ada.ask('join_room', { roomId });
    await ben.ask('join_room', { roomId });
    const say = (who: Person, message: string) =>
      who.ask('send_message', { roomId, message, type: 'comment' });
    await say(ben, 'one');
    t.same(await messages(ada, 1), ['one']);
    const update = { roomId, blueprintId: 'b', changes: { section: 's', action: 'update', content: 'mine' } };
    await ada.ask('blueprint_update', update);
    await breakOff(ada);
    await ben.next('user_left');
    await say(ben, 'two');
    ben.emit('blueprint_update', { ...update, changes: { ...update.changes, content: 'yours' } });
    await say(ben, 'three');
    t.equal(await comeBack(ada), true, 'recovered');
    t.same(await messages(ada, 2), ['two', 'three']);
    t.match(await ada.next('blueprint_update'), { userId: 'ben', changes: { content: 'yours' } });
    t.match(await ben.next('user_joined'), { userId: 'ada' });
    await say(ada, 'four');
    t.same(await messages(ada, 1), ['four'], 'it is in the room, without having joined again');
    const expected = ['connect', 'pong', 'room_joined', 'user_joined'];
    const unexpected = ada.heard().filter((event) => !expected.includes(event));
    t.same(unexpected, [], 'and nothing came twice');

    await breakOff(ada);
    t.equal(await comeBack(ada), true, 'with nothing missed, too');
    await say(ben, 'five');
    t.same(await messages(ada, 1), ['five']);
  },
);

onEach(
  t,
  '[SO14] who came back while the log could not be written is in its rooms once that works again',
  async (t, start) => {
    const log = createGatedLog();
    const at = await start({}, { log });
    const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
    await ada.ask('join_room', { roomId });
    await ben.ask('join_room', { roomId });
    const say = (message: string) => ben.ask('send_message', { roomId, message, type: 'comment' });
    await say('one');
    t.same(await messages(ada, 1), ['one']);
    await breakOff(ada);
    await say('two');
    log.failing = true;
    t.equal(await comeBack(ada), true, 'recovered');
    t.match(await say('refused'), { code: 'LOG_UNAVAILABLE' });
    log.failing = false;
    await say('three');
    t.same(await messages(ada, 2), ['two', 'three']);
    t.notOk(ada.heard().includes('error'), 'and was told of nothing that it had not asked for');
  },
  ['websocket only'],
);

onEach(t, '[SO14] so do clients of a scene, without a new state', async (t, start) => {
  const at = await start();
  const scene = { projectId: 'p', sceneId: 's' };
  const [ada, ben] = [
    await at.client({ namespace: '/scenes', as: 'ada' }),
    await at.client({ namespace: '/scenes', as: 'ben' }),
  ];
  for (const one of [ada, ben]) {
    one.emit('joinScene', scene);
    await one.next('sceneJoined');
  }
  await breakOff(ada);
  await ben.ask('sceneOperation', { type: 'add', target: 'item', data: { id: 'i' } });
  t.equal(await comeBack(ada), true);
  t.match(await ada.next('sceneDelta'), {
    delta: { fromVersion: 0, toVersion: 1, operations: [{ id: 'i' }] },
  });
  t.match(await ada.ask('sceneOperation', { type: 'remove', target: 'item', id: 'i' }), {
    ok: true,
    version: 2,
  });
  t.notOk(ada.heard().includes('sceneJoined'));
});

onEach(t, '[SO14] who has missed too much, has left, or is somebody else begins anew', async (t, start) => {
  const at = await start({ KEPT_EVENTS: '4' });
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  for (const one of [ada, ben]) await one.ask('join_room', { roomId });
  const say = (message: string) => ben.ask('send_message', { roomId, message });
  await say('one');
  await messages(ada, 1);
  await breakOff(ada);
  for (let count = 0; count < 10; count++) await say(`${count}`);
  t.equal(await comeBack(ada), false, 'too much');
  t.match(await ada.ask('send_message', { roomId, message: 'x' }), { code: 'NOT_JOINED' });

  await ada.ask('join_room', { roomId });
  ada.socket.disconnect();
  await ada.next('disconnect');
  t.equal(await comeBack(ada), false, 'left');

  const eve = await at.client({ as: 'eve' });
  await eve.next('connect');
  const own = ben.socket as unknown as { _pid: string };
  (eve.socket as unknown as { _pid: string })._pid = own._pid;
  await breakOff(eve);
  t.equal(await comeBack(eve), false, 'somebody else');
});

onEach(t, '[SO14] whose rights cannot be asked about begins anew, too', async (t, start) => {
  let fails = false;
  const authorize = () => {
    if (fails) throw new Error('the authorizer is away');
    return undefined;
  };
  const at = await start({}, { authorize });
  const ada = await at.client({ as: 'ada' });
  await ada.ask('join_room', { roomId });
  await breakOff(ada);
  fails = true;
  t.equal(await comeBack(ada), false);
});

onEach(t, '[SO14] [RS5] also after a restart of the server', async (t, start) => {
  const env = await durable(t);
  const at = await start(env);
  const ada = await at.client({ as: 'ada' });
  await ada.ask('join_room', { roomId });
  await ada.ask('send_message', { roomId, message: 'one' });
  await messages(ada, 1);
  ada.socket.io.reconnection(false);
  await at.server.close();
  await ada.next('disconnect');
  const again: Server = await startServer({ ...at.env, ...env });
  t.teardown(() => again.close());
  const ben = await at.client({ as: 'ben' });
  await ben.ask('join_room', { roomId });
  await ben.ask('send_message', { roomId, message: 'two' });
  t.equal(await comeBack(ada), true);
  t.same(await messages(ada, 1), ['two']);
  await ada.ask('send_message', { roomId, message: 'three' });
  t.same(await messages(ben, 2), ['two', 'three']);
});

onEach(t, '[SO14] a stay that this build cannot read is none', async (t, start) => {
  const env = await durable(t);
  const at = await start(env);
  const ada = await at.client({ as: 'ada' });
  await ada.ask('join_room', { roomId });
  ada.socket.io.reconnection(false);
  await at.server.close();
  await ada.next('disconnect');
  const log = await openLmdbLog({ directory: env.DATA_DIR as string });
  const stays = await openDurableMap<object>(log, STAYS);
  for (const [pid, stay] of [...stays.entries()]) await stays.set(pid, { ...stay, rooms: { [roomId]: {} } });
  await stays.close();
  await log.close();
  const again: Server = await startServer({ ...at.env, ...env });
  t.teardown(() => again.close());
  t.equal(await comeBack(ada), false);
  t.match(await ada.ask('join_room', { roomId }), { roomId }, 'and its client begins anew');
});

onEach(
  t,
  '[SR5] who cannot be told what was missed is sent away, and comes back as one who is new',
  async (t, start) => {
    const log = createLossyLog();
    const at = await start({}, { log });
    const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
    for (const one of [ada, ben]) {
      await one.next('connect');
      await one.ask('join_room', { roomId });
    }
    const say = (message: string) => ben.ask('send_message', { roomId, message, type: 'comment' });
    await say('one');
    t.same(await messages(ada, 1), ['one']);
    t.same(await messages(ben, 1), ['one']);
    await log.lose(roomId);
    for (const one of [ada, ben]) {
      t.equal(await one.next('disconnect'), 'transport close');
      await one.next('connect');
      t.equal(one.socket.recovered, false);
      await one.ask('join_room', { roomId });
    }
    await say('two');
    t.same(await messages(ada, 1), ['two']);
  },
  ['websocket only'],
);

onEach(
  t,
  '[SR5] [SO14] so is who came back, where too much happens before it is in its rooms again',
  async (t, start) => {
    const log = createGatedLog();
    const at = await start({ KEPT_EVENTS: '4' }, { log });
    const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
    for (const one of [ada, ben]) await one.ask('join_room', { roomId });
    const say = (message: string) => ben.ask('send_message', { roomId, message, type: 'comment' });
    await say('one');
    t.same(await messages(ada, 1), ['one']);
    await breakOff(ada);
    log.hold();
    const said = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(say);
    while (log.held === 0) await new Promise((resolve) => setImmediate(resolve));
    t.equal(await comeBack(ada), true, 'when it asked nothing was missing');
    log.release();
    await Promise.all(said);
    t.equal(await ada.next('disconnect'), 'transport close');
    t.equal(await comeBack(ada), false);
    t.notOk(ada.heard().includes('message'), 'nothing of what it cannot be told in full');
  },
  ['websocket only'],
);
