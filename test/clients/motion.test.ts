import t from 'tap';
import { cameraMotion, cursorMotion, mix, Track } from '../../clients/client/motion/index.ts';
import { createMemoryLog } from '../../server/log/memory.ts';
import { WireWorld } from './wire-world.ts';

t.test('what moves evenly is shown to move evenly, however unevenly its values come', (t) => {
  const track = new Track<number>();
  const shown: number[] = [];
  let value = 0;
  for (let now = 0; now < 1600; now += 8) {
    // One value in 16 ms, some of them late.
    if (now % 16 === 0 && now % 48 !== 16) {
      value = now;
      track.add(value, now);
    }
    const at = track.at(now);
    if (now > 800 && at !== undefined) shown.push(at);
  }
  const steps = shown.slice(1).map((one, at) => one - (shown[at] ?? 0));
  t.ok(
    steps.every((step) => step > 0 && step < 16),
    'it never stands still, and never jumps',
  );
  t.end();
});

t.test('a motion goes on for a bounded time when nothing comes, and begins anew after a rest', (t) => {
  const track = new Track<{ position: number[]; name: string }>({ delayMs: 20, extrapolateMs: 50 });
  t.equal(track.at(0), undefined);
  track.add({ position: [0, 0], name: 'a' }, 0);
  t.same(track.at(1000), { position: [0, 0], name: 'a' });
  track.add({ position: [20, 0], name: 'a' }, 20);
  t.same(track.at(30)?.position, [10, 0]);
  t.same(track.at(40)?.position, [20, 0]);
  t.same(track.at(60)?.position, [40, 0]);
  t.same(track.at(90)?.position, [70, 0]);
  t.same(track.at(120)?.position, [40, 0], 'then it turns back');
  t.same(track.at(9000)?.position, [20, 0], 'and ends where it was last');
  track.add({ position: [100, 0], name: 'b' }, 10_000);
  t.same(track.at(9950)?.position, [20, 0], 'it has rested');
  t.same(track.at(10_020), { position: [100, 0], name: 'b' });
  t.end();
});

t.test('two values that come almost at once are no sign of speed', (t) => {
  const track = new Track<number>();
  for (let step = 0; step < 20; step++) track.add(step, step * 16);
  // The last one was late.
  track.add(20, 19 * 16 + 0.4);
  const shown: number[] = [];
  for (let now = 19 * 16; now < 600; now += 4) shown.push(track.at(now) ?? Number.NaN);
  t.ok(Math.max(...shown) < 24, `${Math.max(...shown)} is where 50 ms may lead to`);
  t.equal(shown.at(-1), 20);
  t.end();
});

t.test('rotations go the short way, at even speed', (t) => {
  const half = Math.SQRT1_2;
  const [x, y, z, w] = mix([0, 0, 0, 1], [0, 0, 1, 0], 0.5) as number[];
  t.same([x, y], [0, 0]);
  t.ok(Math.abs((z as number) - half) < 1e-9 && Math.abs((w as number) - half) < 1e-9);
  const third = mix({ x: 0, y: 0, z: 0, w: 1 }, { x: 0, y: 0, z: -1, w: -0 }, 1 / 3) as { z: number };
  t.ok(Math.abs(Math.abs(third.z) - Math.sin(Math.PI / 6)) < 1e-9);
  const same = mix([0, 0, 0, 1], [0, 0, 0, -1], 0.5) as number[];
  t.ok(Math.abs(Math.abs(same[3] as number) - 1) < 1e-9, 'a quaternion and its negative are one');
  const angle = mix({ rotation: [0, 3, 0] }, { rotation: [0, -3, 0] }, 0.5) as { rotation: number[] };
  t.ok(Math.abs(Math.abs(angle.rotation[1] as number) - Math.PI) < 1e-9);
  t.same(mix({ zoom: 1, own: 'a' }, { zoom: 2, own: 'b', more: 1 }, 0.5), { zoom: 1.5, own: 'b', more: 1 });
  t.same(mix({ x: 0, y: 1 }, null, 0.5), null);
  t.end();
});

t.test('cameras and cursors of others can be read raw or smooth, as long as they are there', async (t) => {
  const world = new WireWorld(createMemoryLog);
  await world.start();
  t.teardown(() => world.end());
  const now = world.clock.monotonic;
  const [ada, ben] = ['ada', 'ben'].map((userId) => world.client({}).join('r', { user: { userId } }));
  if (ada === undefined || ben === undefined) return;
  await world.pass(100);
  const both = [ada.cameras.view('p'), ben.cameras.view('p')];
  await world.pass(100);
  await Promise.all(both);
  const cameras = cameraMotion(ben, 'p', { now });
  const cursors = cursorMotion(ben, { now });
  for (let x = 1; x <= 40; x++) {
    ada.cameras.move('p', { position: { x, y: 0, z: 0 }, fov: 50 });
    ada.signal('cursor', { position: [x, 0] });
    await world.pass(16);
  }
  const raw = ben.cameras.of('p').get('ada')?.position as { x: number };
  const smooth = cameras.of('ada')?.position as { x: number };
  t.ok(smooth.x < raw.x && smooth.x > raw.x - 4, `${smooth.x} is a little behind ${raw.x}`);
  const [x = 0] = cursors.of('ada') as number[];
  t.ok(x > 30 && x <= 40);
  await world.pass(500);
  t.match(cameras.of('ada'), { position: { y: 0 }, fov: 50 });
  t.same([...cameras.users()], ['ada']);
  ada.signal('cursor', { target: 'd', selection: [3, 5] });
  await world.pass(100);
  t.same(cursors.of('ada'), [40, 0], 'where a caret is says nothing of the pointer');
  ada.signal('cursor', { position: null });
  await world.pass(100);
  t.equal(cursors.of('ada'), null, 'but that it has gone');
  ada.leave();
  await world.pass(100);
  t.same([...cameras.users(), ...cursors.users()], []);
  cameras.stop();
  cursors.stop();
});
