import t from 'tap';
import { createManualClock } from '../support/manual-clock.ts';
import { clientStage, until } from './stage.ts';

t.test(
  'over an event stream others see the pointer of who drags, also while posts never pause',
  async (t) => {
    const at = await clientStage(t);
    const clock = createManualClock();
    let answered = () => {};
    const noticed: typeof fetch = async (input, init = {}) => {
      const response = await fetch(input, init);
      if (init.method === 'POST') answered();
      return response;
    };
    const client = at.client({ transports: ['event-stream'], fetch: noticed, clock });
    const ada = client.join('r', { user: { userId: 'ada' } });
    const ben = at.client().join('r', { user: { userId: 'ben' } });
    clock.advance(0);
    await Promise.all([ada.joined, ben.joined, ada.scene.add('lamp', { x: 0 }), ada.cameras.view('p')]);
    await ben.cameras.view('p');
    let seen = 0;
    ben.on('cursor', () => {
      seen += 1;
    });
    let x = 0;
    const drag = () => {
      x += 1;
      ada.scene.update('lamp', { x }).catch(() => {});
      ada.signal('cursor', { position: { x, y: 0 } });
      ada.cameras.move('p', { zoom: x });
    };
    // Before each answer the next step waits to be posted.
    answered = () => {
      drag();
      clock.advance(50);
    };
    drag();
    await until(() => x > 100, 'a long drag');
    t.ok(seen > 10, `${seen} positions of the pointer`);
    await until(() => ben.cameras.of('p').size === 1, 'the camera');
    answered = () => {};
    await until(() => ada.pending === 0, 'all of it');
  },
);

t.test('what a slow line cannot take of signals is left out, the latest comes through', async (t) => {
  const at = await clientStage(t);
  const clock = createManualClock();
  let [isSlow, release, most] = [false, () => {}, 0];
  const slow: typeof fetch = async (input, init = {}) => {
    if (init.method === 'POST' && isSlow) {
      most = Math.max(most, String(init.body).split('\n').length - 1);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    }
    return fetch(input, init);
  };
  const ada = at
    .client({ transports: ['event-stream'], fetch: slow, clock })
    .join('r', { user: { userId: 'ada' } });
  const ben = at.client().join('r', { user: { userId: 'ben' } });
  clock.advance(0);
  await Promise.all([ada.joined, ben.joined]);
  let last = 0;
  ben.on('cursor', ({ position }) => {
    last = (position as { x: number }).x;
  });
  isSlow = true;
  for (let x = 1; x <= 300; x++) {
    ada.signal('cursor', { position: { x, y: 0 } });
    clock.advance(16);
    await new Promise((resolve) => setImmediate(resolve));
    if (x % 150 === 0) release();
  }
  isSlow = false;
  release();
  while (last !== 300) {
    clock.advance(16);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  t.ok(most <= 10, `${most} signals in one post`);
});
