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
