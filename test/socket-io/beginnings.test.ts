import t from 'tap';
import { breakOff, comeBack, onEach } from './stage.ts';

const componentId = 'c1';
const scene = { projectId: 'p', sceneId: 's' };

onEach(t, '[SO14] what happened before one joined again is none of what was missed', async (t, start) => {
  const at = await start();
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  for (const one of [ada, ben]) await one.ask('component:subscribe', { componentId });
  const happens = (n: number) => ben.ask('component:update', { componentId, updates: { n } });
  await happens(1);
  t.match(await ada.next('component:updated'), { updates: { n: 1 } });
  await ada.ask('component:unsubscribe', { componentId });
  await happens(2);
  await ada.ask('component:subscribe', { componentId });
  await breakOff(ada);
  await happens(3);
  t.equal(await comeBack(ada), true);
  await happens(4);
  for (const n of [3, 4]) t.match(await ada.next('component:updated'), { updates: { n } });
  t.notOk(ada.heard().includes('component:updated'));
});

for (const before of [0, 1]) {
  onEach(
    t,
    `[SO14] whom the whole scene has not reached has not recovered, who was there ${before} times before`,
    async (t, start) => {
      const at = await start();
      const [ada, ben] = [
        await at.client({ namespace: '/scenes', as: 'ada' }),
        await at.client({ namespace: '/scenes', as: 'ben' }),
      ];
      await ben.ask('joinScene', scene);
      for (let times = 0; times < before; times++) {
        await ada.ask('joinScene', scene);
        await ada.next('sceneJoined');
        await ada.ask('leaveScene');
      }
      await ben.ask('sceneOperation', { type: 'add', target: 'item', data: { id: 'i' } });
      const heard = ada.socket as unknown as { _lastOffset: unknown };
      const mark = heard._lastOffset;
      await ada.ask('joinScene', scene);
      await ada.next('sceneJoined');
      await breakOff(ada);
      heard._lastOffset = mark;
      t.equal(await comeBack(ada), false);
    },
  );
}

const roomId = 'blueprint-1';

onEach(t, '[CH1] [EV1] who joins and speaks at once hears itself, in order', async (t, start) => {
  const at = await start();
  const ada = await at.client({ as: 'ada' });
  await ada.next('connect');
  const heard: string[] = [];
  ada.socket.on('message', ({ message }) => heard.push(message));
  ada.socket.on('component:nested-created', ({ nestedComponent: { id } }) => heard.push(id));
  ada.emit('join_room', { roomId });
  ada.emit('send_message', { roomId, message: 'first' });
  await ada.ask('send_message', { roomId, message: 'second' });
  ada.emit('component:subscribe', { componentId });
  await ada.ask('component:nested-create', { componentId, rowId: 'r1', nestedComponent: { id: 'n1' } });
  t.same(heard, ['first', 'second', 'n1']);
  t.notOk(ada.heard().includes('user_joined'), 'it has been told who is there');
});

onEach(t, '[SO14] who heard that it had joined, and no more, gets what was said since', async (t, start) => {
  const at = await start();
  const ada = await at.client({ as: 'ada' });
  await ada.next('connect');
  let mark: unknown;
  ada.socket.on('room_joined', (...args) => {
    mark = args.at(-1);
  });
  ada.emit('join_room', { roomId });
  await ada.ask('send_message', { roomId, message: 'first' });
  await ada.next('message');
  await breakOff(ada);
  (ada.socket as unknown as { _lastOffset: unknown })._lastOffset = mark;
  t.equal(await comeBack(ada), true);
  t.match(await ada.next('message'), { message: 'first' });
});
