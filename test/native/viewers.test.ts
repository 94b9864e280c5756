import t from 'tap';
import { createGatedLog } from './gated-log.ts';
import { ofType, stage, types } from './person.ts';

const view = (planetId: string) => ({ type: 'join_viewer', planetId });
const camera = (planetId: string, zoom: number) => ({ type: 'camera', planetId, camera: { zoom } });

t.test('[VW1] a camera goes to the viewers of the same thing and to nobody else', async (t) => {
  const at = await stage(t);
  const people = [];
  for (const name of ['ada', 'ben', 'cy', 'dee']) people.push(await at.member(name));
  const [ada, ben, cy, dee] = people as [
    (typeof people)[0],
    (typeof people)[0],
    (typeof people)[0],
    (typeof people)[0],
  ];
  const elsewhere = await at.member('ada', 'another room');
  for (const one of [ada, ben, elsewhere]) await one.ask(view('p'));
  await cy.ask(view('q'));
  for (const one of [...people, elsewhere]) await one.news();
  ada.send(camera('p', 3));
  t.strictSame(await ben.news(), [
    {
      type: 'camera',
      planetId: 'p',
      camera: { zoom: 3 },
      roomId: 'room',
      userId: 'ada',
      connectionId: ada.wire.id,
    },
  ]);
  for (const one of [ada, cy, dee, elsewhere]) t.same(await one.news(), []);
  await ben.ask(view('q'));
  await Promise.all([ben.news(), cy.news()]);
  cy.send(camera('q', 4));
  ada.send(camera('p', 5));
  const zooms = (await ben.news()).map((one) => [one.planetId, one.camera.zoom]);
  t.same(zooms.sort(), [
    ['p', 5],
    ['q', 4],
  ]);
});

t.test('[VW1] who has not joined as a viewer gets NOT_VIEWING', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ben.ask(view('p'));
  await ben.news();
  for (const planetId of ['p', 'q']) {
    t.hasStrict(await ada.ask(camera(planetId, 1)), { op: 'camera', code: 'NOT_VIEWING', path: 'planetId' });
  }
  t.same(await ben.news(), []);
});

t.test('[VW1] a camera right behind join_viewer is taken', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ben.ask(view('p'));
  ada.send(view('p'));
  ada.send({ ...camera('p', 8), ref: 1 });
  t.hasStrict(
    (await ada.news()).find((one) => one.ref === 1),
    { type: 'ack' },
  );
  t.equal(ofType(await ben.news(), 'camera').at(-1)?.camera.zoom, 8);
});

t.test('[VW2] who joins gets the latest camera of everybody else there', async (t) => {
  const at = await stage(t);
  const [ada, ben, cy] = [await at.member('ada'), await at.member('ben'), await at.member('cy')];
  await ada.ask(view('p'));
  t.strictSame(ofType(await ada.news(), 'viewer_cameras'), [
    { type: 'viewer_cameras', roomId: 'room', planetId: 'p', cameras: {} },
  ]);
  await ben.ask(view('p'));
  for (let zoom = 1; zoom <= 3; zoom++) {
    ada.send(camera('p', zoom));
    ben.send({ type: 'camera', planetId: 'p', camera: { position: [zoom, 0, 0], own: 'field' } });
    await at.pass(16);
  }
  await cy.ask(view('p'));
  t.strictSame(ofType(await cy.news(), 'viewer_cameras').at(-1)?.cameras, {
    ada: { zoom: 3 },
    ben: { position: [3, 0, 0], own: 'field' },
  });
  await ada.ask(view('p'));
  t.strictSame(
    Object.keys(ofType(await ada.news(), 'viewer_cameras').at(-1)?.cameras),
    ['ben'],
    'not its own',
  );
  await cy.ask(view('q'));
  t.strictSame(ofType(await cy.news(), 'viewer_cameras').at(-1)?.cameras, {});
});

for (const end of ['leave_viewer', 'leave', 'close', 'break']) {
  t.test(`[VW3] nothing of a viewer stays behind after ${end}`, async (t) => {
    const at = await stage(t, { HEARTBEAT_MS: '2000', HEARTBEAT_GRACE_MS: '4000' });
    const [ada, ben] = [await at.member('ada'), await at.member('ben')];
    for (const one of [ada, ben]) await one.ask(view('p'));
    ada.send(camera('p', 1));
    await Promise.all([ada.news(), ben.news()]);
    ada.send(camera('p', 2));
    if (end === 'leave_viewer') await ada.ask({ type: 'leave_viewer', planetId: 'p' });
    else if (end === 'leave') await ada.ask({ type: 'leave' });
    else ada.wire.close(end === 'close');
    for (let second = 0; second < 6; second++) {
      ben.send({ type: 'heartbeat' });
      if (end === 'leave_viewer') ada.send({ type: 'heartbeat' });
      await at.pass(1000, 250);
    }
    await Promise.all([ada.news(), ben.news()]);
    ben.send(camera('p', 9));
    t.same(ofType(await ada.news(), 'camera'), [], 'gets no cameras any more');
    const cy = await at.member('cy');
    await cy.ask(view('p'));
    t.same(Object.keys(ofType(await cy.news(), 'viewer_cameras')[0]?.cameras), ['ben']);
    if (end === 'leave_viewer') t.hasStrict(await ada.ask(camera('p', 1)), { code: 'NOT_VIEWING' });
  });
}

t.test('[VW3] a connection that left and came back views nothing', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  await at.member('ben');
  await ada.ask(view('p'));
  await ada.ask({ type: 'leave' });
  await ada.join('room', 'ada');
  t.hasStrict(await ada.ask(camera('p', 1)), { code: 'NOT_VIEWING' });
  ada.send({ type: 'leave' });
  ada.send({ type: 'join', roomId: 'room', user: { userId: 'ada' } });
  await ada.news();
  t.hasStrict(await ada.ask(camera('p', 1)), { code: 'NOT_VIEWING' });
});

t.test('[VW3] a join_viewer that was refused leaves no viewer', async (t) => {
  const log = createGatedLog();
  const at = await stage(t, {}, { log });
  const ada = await at.member('ada');
  log.failing = true;
  t.hasStrict(await ada.ask(view('p')), { code: 'LOG_UNAVAILABLE' });
  log.failing = false;
  t.hasStrict(await ada.ask(camera('p', 1)), { code: 'NOT_VIEWING' });
  await ada.ask(view('p'));
  log.failing = true;
  t.hasStrict(await ada.ask({ type: 'leave_viewer', planetId: 'p' }), { code: 'LOG_UNAVAILABLE' });
  log.failing = false;
  t.same(types([await ada.ask(camera('p', 1))]), ['ack'], 'and a leave_viewer that was refused, one');
});

t.test('[VW3] nor does the camera that came right behind it stay', async (t) => {
  const log = createGatedLog();
  const at = await stage(t, {}, { log });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  log.failing = true;
  ada.send(view('p'));
  ada.send(camera('p', 1));
  t.hasStrict(ofType(await ada.news(), 'error'), [{ op: 'join_viewer', code: 'LOG_UNAVAILABLE' }]);
  log.failing = false;
  await ben.ask(view('p'));
  t.strictSame(ofType(await ben.news(), 'viewer_cameras')[0]?.cameras, {});
});

t.test('[VW2] who comes to view just before another does sees that one’s camera, too', async (t) => {
  const log = createGatedLog();
  const at = await stage(t, {}, { log });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  log.hold();
  ada.send(view('p'));
  await at.until(() => log.held === 1, 'her viewing on its way');
  ben.send(view('p'));
  ben.send(camera('p', 1));
  await at.settle();
  log.release();
  t.hasStrict(ofType(await ada.news(), 'camera'), [{ userId: 'ben', camera: { zoom: 1 } }]);
  t.same(ofType(await ben.news(), 'camera'), [], 'he is not shown his own');
});
