import t from 'tap';
import { createGatedLog } from './gated-log.ts';
import { add, ofType, stage, types } from './person.ts';

t.test(
  '[SG1] of the signals of a connection, kind and thing only the latest in a tick is sent',
  async (t) => {
    const at = await stage(t);
    const [ada, ben, tab] = [await at.member('ada'), await at.member('ben'), await at.member('ada')];
    for (const one of [ada, ben, tab]) {
      for (const planetId of ['p', 'q']) await one.ask({ type: 'join_viewer', planetId });
    }
    await ben.news();
    ben.send({ type: 'message', text: 'opens the tick' });
    await at.settle();
    ben.heard();
    for (let count = 1; count <= 20; count++) {
      ada.send({ type: 'camera', planetId: 'p', camera: { zoom: count } });
      ada.send({ type: 'camera', planetId: 'q', camera: { zoom: -count } });
      ada.send({ type: 'cursor', position: [count, 0] });
      ada.send({ type: 'cursor', position: [0, count], target: 'pane' });
      ada.send({ type: 'typing', isTyping: count % 2 === 0 });
      ada.send({ type: 'scroll', position: { top: count } });
      tab.send({ type: 'cursor', position: [count, count] });
    }
    const news = (await ben.news()).filter((one) => one.userId === 'ada');
    t.same(
      news.map(({ type, planetId, position, camera, isTyping, connectionId }) => [
        type,
        planetId,
        position ?? camera ?? isTyping,
        connectionId === ada.wire.id,
      ]),
      [
        ['camera', 'p', { zoom: 20 }, true],
        ['camera', 'q', { zoom: -20 }, true],
        ['cursor', undefined, [20, 0], true],
        ['cursor', undefined, [0, 20], true],
        ['typing', undefined, true, true],
        ['scroll', undefined, { top: 20 }, true],
        ['cursor', undefined, [20, 20], false],
      ],
    );
  },
);

t.test('[SG2] signals are not stored', async (t) => {
  const log = createGatedLog();
  const at = await stage(t, {}, { log });
  const ada = await at.member('ada');
  await ada.ask({ type: 'join_viewer', planetId: 'p' });
  const { length } = log.entries;
  ada.send({ type: 'camera', planetId: 'p', camera: { zoom: 1 } });
  ada.send({ type: 'cursor', position: [1, 2] });
  ada.send({ type: 'typing', isTyping: true });
  ada.send({ type: 'scroll', position: 1 });
  await ada.news();
  t.equal(log.entries.length, length);
  const ben = await at.member('ben');
  t.same(
    ben.heard().filter((one) => ['cursor', 'typing', 'scroll', 'camera'].includes(one.type)),
    [],
  );
});

t.test('[SG2] a slow connection loses signals, never ordered events', async (t) => {
  const at = await stage(t, { MAX_BUFFERED_BYTES: '65536' });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  ben.wire.stall();
  for (let count = 1; count <= 200; count++) {
    ada.send({ type: 'cursor', position: [count, 0], selection: 'x'.repeat(900) });
    ada.send({ type: 'message', text: `${count}` });
    await at.pass(16);
  }
  ben.wire.read();
  const news = await ben.news();
  const texts = ofType(news, 'message').map((one) => one.text);
  t.same(
    texts,
    Array.from({ length: 200 }, (_, index) => `${index + 1}`),
  );
  t.ok(ofType(news, 'cursor').length < 150);
});

t.test('[SG3] own fields and both forms of positions are passed on as they came', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  for (const one of [ada, ben]) await one.ask({ type: 'join_viewer', planetId: 'p' });
  await ben.news();
  const cameras = [
    { position: [1.5, -2, 1e300], target: { x: 0, y: 0, z: 0 }, zoom: -0.5, fov: 60 },
    { quaternion: [0, 0, 0, 1], rotation: { x: 1, y: 2, z: 3, w: 4 }, up: [0, 1] },
    { own: { deep: [1, { two: null }] }, label: 'ü', position: { x: 1, y: 2 } },
    {},
  ];
  for (const camera of cameras) {
    ada.send({ type: 'camera', planetId: 'p', camera });
    t.strictSame(ofType(await ben.news(), 'camera').at(-1)?.camera, camera);
  }
  ada.send({ type: 'cursor', position: null, selection: [1, 'a'], target: 'pane', colour: 'red' });
  t.hasStrict((await ben.news()).at(-1), {
    position: null,
    selection: [1, 'a'],
    target: 'pane',
    colour: 'red',
  });
});

const badCameras: [string, unknown, string][] = [
  ['a string', '[0,0,0]', 'camera'],
  ['null', null, 'camera'],
  ['an array', [1, 2, 3], 'camera'],
  ['one coordinate', { position: [1] }, 'camera.position'],
  ['five coordinates', { position: [1, 2, 3, 4, 5] }, 'camera.position'],
  ['a word among the coordinates', { target: [1, '2', 3] }, 'camera.target'],
  ['null among the coordinates', { up: [1, null, 3] }, 'camera.up'],
  ['an object without y', { position: { x: 1, z: 3 } }, 'camera.position'],
  ['an object of something else', { position: { x: 1, y: 2, z: 3, q: 4 } }, 'camera.position'],
  ['null for a position', { position: null }, 'camera.position'],
  ['a word for zoom', { zoom: '2' }, 'camera.zoom'],
  ['null for fov', { fov: null }, 'camera.fov'],
];

t.test('[SG3] cameras that are none are refused, and nobody sees them', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  for (const one of [ada, ben]) await one.ask({ type: 'join_viewer', planetId: 'p' });
  await ben.news();
  for (const [name, camera, path] of badCameras) {
    const refusal = await ada.ask({ type: 'camera', planetId: 'p', camera });
    t.hasStrict(refusal, { op: 'camera', code: 'INVALID_FIELD', path }, name);
    t.type(refusal.expected, 'string');
  }
  for (const number of ['1e999', '-1e999']) {
    ada.wire.sendRaw(`{"type":"camera","planetId":"p","camera":{"position":[0,${number},0]},"ref":"inf"}`);
    const refusal = (await ada.news()).find((one) => one.ref === 'inf');
    t.hasStrict(refusal, { code: 'INVALID_FIELD', path: 'camera.position[1]', expected: 'a finite number' });
  }
  t.same(types(await ben.news()), []);
});

t.test('[SG3] signals stay within MAX_SIGNAL_BYTES', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  for (const one of [ada, ben]) await one.ask({ type: 'join_viewer', planetId: 'p' });
  await ben.news();
  const sized = (bytes: number) => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) });
  const ask = (camera: unknown) => ada.ask({ type: 'camera', planetId: 'p', camera });
  t.hasStrict(await ask(sized(1024)), { type: 'ack' });
  await ben.news();
  t.hasStrict(await ask(sized(1025)), { code: 'INVALID_FIELD', path: 'camera', limit: 1024 });
  for (const type of ['cursor', 'typing', 'scroll']) {
    const more = { isTyping: true, position: type === 'scroll' ? 1 : [1, 2], padding: 'x'.repeat(1024) };
    t.hasStrict(await ada.ask({ type, ...more }), { op: type, code: 'INVALID_FIELD', limit: 1024 });
  }
  t.same(await ben.news(), []);
  t.hasStrict(await ask({ a: '€'.repeat(600) }), { code: 'INVALID_FIELD' }, 'bytes, not characters');
});

t.test('[SG2] signals leave the room’s content alone', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  await ada.ask(add('i'));
  const before = await ada.ask({ type: 'requestSync' });
  await ada.ask({ type: 'cursor', position: [1, 2] });
  await ada.ask({ type: 'scroll', position: 1 });
  t.same({ ...(await ada.ask({ type: 'requestSync' })), ref: 0 }, { ...before, ref: 0 });
});

t.test('[SG3] what a signal says to the server alone is not passed on', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  ada.send({ type: 'cursor', position: [1, 2], own: 1, ref: 'r', after: 'before' });
  t.strictSame(ofType(await ben.news(), 'cursor'), [
    {
      type: 'cursor',
      position: [1, 2],
      own: 1,
      roomId: 'room',
      userId: 'ada',
      connectionId: ada.wire.id,
    },
  ]);
});
