import t, { type Test } from 'tap';
import { singleFrames } from '../../server/dialect/framings/json.ts';
import type { Message } from '../support/wire.ts';
import { add, ofType, remove, stage, update } from './person.ts';

t.test('[SC1] a scene has properties, and items by id; version counts what was accepted', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  t.hasStrict(await ada.ask(add('i', { color: 'red' })), { ok: true, version: 1 });
  const fromData = { type: 'add', target: 'item', data: { id: 'j', size: 1 } };
  const scene = { type: 'update', target: 'scene', data: { title: 'T', fog: null } };
  const both = { type: 'sceneOperation', operations: [fromData, scene] };
  t.hasStrict(await ada.ask(both), { ok: true, version: 3 });
  t.hasStrict(
    await ada.ask(update('i', { color: 'red' })),
    { version: 4 },
    'one that changes nothing counts',
  );
  t.hasStrict(await ada.ask(remove('nobody')), { code: 'NOT_FOUND' });
  const sync = await ada.ask({ type: 'requestSync' });
  t.equal(sync.version, 4);
  t.strictSame(sync.manifest, {
    properties: { title: 'T', fog: null },
    items: { i: { id: 'i', color: 'red' }, j: { id: 'j', size: 1 } },
  });
});

t.test('[SC2] for every client each delta begins where the one before ended', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  const people = [ben];
  for (let round = 1; round <= 60; round++) {
    ada.send(round % 7 === 0 ? remove(`i${round - 1}`) : add(`i${round}`, { round }));
    ben.send(update('i1', { round }));
    if (round % 20 === 0) people.push(await at.member(`late-${round}`));
    await at.pass(round % 3 === 0 ? 16 : 4);
  }
  for (const one of people) {
    await one.news();
    let version: number | undefined = one === ben ? 0 : undefined;
    for (const message of one.heard()) {
      if (message.type === 'sceneState') version = message.version;
      if (message.type !== 'sceneDelta') continue;
      t.equal(message.fromVersion, version);
      version = message.toVersion;
    }
    const sync = await one.ask({ type: 'requestSync' });
    t.equal(sync.version, version);
  }
});

t.test('[SC3] short names are stored under their paths and sent on as they came', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask(add('i', { position_x: 1, transform: { scale: { z: 2 } } }));
  await ben.news();
  for (const data of [
    { position_x: 5 },
    { rotation_y: 1, scale_z: 3 },
    { transform: { position: { y: 7 }, label: 'l' } },
    { rotation_w: null, meta: { a: 1, b: 2 } },
    { meta: { a: 3 } },
  ]) {
    await ada.ask(update('i', data));
    t.strictSame(ofType(await ben.news(), 'sceneDelta')[0]?.operations[0].data, data);
  }
  const sync = await ben.ask({ type: 'requestSync' });
  t.strictSame(sync.manifest.items.i, {
    id: 'i',
    transform: { scale: { z: 3 }, position: { x: 5, y: 7 }, rotation: { y: 1, w: null }, label: 'l' },
    meta: { a: 3 },
  });
});

t.test('[SC4] the operations of one command are accepted all or none', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask(add('i', { n: 0 }));
  await ben.news();
  const good = [update('i', { n: 1 }).operation, add('j').operation, update('j', { n: 2 }).operation];
  for (const bad of [add('i').operation, remove('none').operation]) {
    for (let place = 0; place <= good.length; place++) {
      const operations = good.toSpliced(place, 0, bad);
      const refusal = await ada.ask({ type: 'sceneOperation', operations });
      t.hasStrict(refusal, { type: 'error', path: `operations[${place}].id`, item: bad.id });
    }
  }
  t.same(ofType(await ben.news(), 'sceneDelta'), []);
  t.strictSame((await ben.ask({ type: 'requestSync' })).manifest.items, { i: { id: 'i', n: 0 } });
  t.hasStrict(await ada.ask({ type: 'sceneOperation', operations: good }), { ok: true, version: 4 });
});

t.test('[SC5] somebody else’s later change of the same property is a VERSION_CONFLICT', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask(add('i', { color: 'red', size: 1 }));
  const { version } = await ada.ask(update('i', { color: 'green', position_x: 1 }));
  t.hasStrict(await ben.ask(update('i', { color: 'blue', size: 2 }, { version: version - 1, opId: 'o' })), {
    type: 'error',
    code: 'VERSION_CONFLICT',
    version,
    item: 'i',
    current: { color: 'green' },
    opId: 'o',
  });
  t.hasStrict(
    await ben.ask(update('i', { transform: { position: { x: 9 } } }, { version: 1 })),
    { code: 'VERSION_CONFLICT', current: { 'transform.position.x': 1 } },
    'the short name and the path are one property',
  );
  t.hasStrict(await ben.ask(update('i', { size: 2 }, { version: 1 })), { type: 'ack' }, 'another property');
  t.hasStrict(
    await ada.ask(update('i', { color: 'pink' }, { version: 1 })),
    { type: 'ack' },
    'one’s own change',
  );
  t.hasStrict(
    await ben.ask(update('i', { color: 'blue' })),
    { type: 'ack' },
    'without a version the later wins',
  );
  t.hasStrict(await ada.ask({ ...remove('i'), version: 2 }), { code: 'VERSION_CONFLICT' });
  t.hasStrict(await ada.ask(update('i', {}, { version: 99 })), { code: 'VERSION_UNKNOWN' });
});

t.test('[SC6] NOT_FOUND and ALREADY_EXISTS', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  await ada.ask(add('i'));
  t.hasStrict(await ada.ask(update('none', { a: 1 })), {
    code: 'NOT_FOUND',
    path: 'operation.id',
    item: 'none',
  });
  const operations = [remove('none').operation];
  t.hasStrict(await ada.ask({ type: 'sceneOperation', operations }), {
    code: 'NOT_FOUND',
    path: 'operations[0].id',
  });
  t.hasStrict(await ada.ask(remove('none')), { code: 'NOT_FOUND' });
  t.hasStrict(await ada.ask(add('i')), { code: 'ALREADY_EXISTS', path: 'operation.id', item: 'i' });
  await ada.ask(remove('i'));
  t.hasStrict(await ada.ask(update('i', { a: 1 })), { code: 'NOT_FOUND' });
  t.hasStrict(await ada.ask(add('i')), { type: 'ack' });
});

t.test('[SC7] a scene stays within MAX_ITEMS and MAX_SCENE_BYTES', async (t) => {
  const at = await stage(t, { MAX_ITEMS: '3', MAX_SCENE_BYTES: '2000' });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  for (const id of ['a', 'b', 'c']) await ada.ask(add(id));
  await ben.news();
  t.hasStrict(await ada.ask(add('d')), { code: 'LIMIT_EXCEEDED', limit: 'MAX_ITEMS' });
  const swap = { type: 'sceneOperation', operations: [remove('a').operation, add('d').operation] };
  t.hasStrict(await ada.ask(swap), { type: 'ack' }, 'counted as a whole');
  const large = update('d', { text: 'x'.repeat(2500) });
  t.hasStrict(await ada.ask(large), { code: 'LIMIT_EXCEEDED', limit: 'MAX_SCENE_BYTES' });
  const scene = { type: 'update', target: 'scene', data: { text: 'x'.repeat(2500) } };
  t.hasStrict(await ada.ask({ type: 'sceneOperation', operation: scene }), { limit: 'MAX_SCENE_BYTES' });
  t.hasStrict(await ada.ask(update('d', { text: 'x'.repeat(1500) })), { type: 'ack' });
  t.hasStrict(await ada.ask(update('b', { text: 'x'.repeat(800) })), { code: 'LIMIT_EXCEEDED' });
  t.hasStrict(await ada.ask(update('d', { text: '' })), { type: 'ack' }, 'what shrinks is always welcome');
  t.hasStrict(await ada.ask(update('b', { text: 'x'.repeat(800) })), { type: 'ack' });
});

/** Counts the messages of some types that are encoded from now on. */
function countEncodings(t: Test, ...types: string[]): () => number {
  const { encode } = singleFrames;
  let count = 0;
  const counting = singleFrames as { encode(message: object): string };
  counting.encode = (message: Message) => {
    if (types.includes(message.type)) count += 1;
    return encode(message);
  };
  t.teardown(() => {
    counting.encode = encode;
  });
  return () => count;
}

t.test('[SC8] the state is encoded once for all who get it at the same content', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  await ada.ask(add('i', { color: 'red' }));
  const states = countEncodings(t, 'sceneState');
  const many = Array.from({ length: 18 }, () => at.person());
  for (const [index, one] of many.entries()) {
    one.send({ type: 'join', roomId: 'room', user: { userId: `u${index}` } });
    if (index % 5 === 0) await at.pass(16);
  }
  for (const one of many) t.equal(ofType(await one.news(), 'sceneState').length, 1);
  t.equal(states(), 1);
  await at.pass(8000);
  const late = await at.member('late');
  t.equal(ofType(await late.news(), 'sceneState').length + states(), 2, 'what nobody asks for is not kept');
});

t.test('[SC8] so are the answers of all who ask for the whole, each with its own ref', async (t) => {
  const at = await stage(t);
  const members = await Promise.all(['ada', 'ben', 'eve'].map((name) => at.member(name)));
  const refs = ['a', 7, '"$&', 'b'];
  await members[0]?.ask(add('i', { text: '$& "ref"' }));
  const answers = countEncodings(t, 'syncResponse');
  for (const [index, ref] of refs.entries()) members[index % 3]?.send({ type: 'requestSync', ref });
  const got = [];
  for (const one of members) got.push(...ofType(await one.news(), 'syncResponse'));
  t.strictSame(new Set(got.map((one) => one.ref)), new Set(refs));
  for (const one of got) t.match(one, { mode: 'full', manifest: { items: { i: { text: '$& "ref"' } } } });
  t.equal(answers(), 1);
});

t.test('[SC8] [RS2] who comes back from the same place gets what was encoded once', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  const { epoch, version, offset } = await ada.ask({ type: 'requestSync' });
  await ada.ask(add('i', { color: 'red' }));
  await at.pass(16);
  const deltas = countEncodings(t, 'sceneDelta');
  const many = Array.from({ length: 10 }, () => at.person());
  const since = { epoch, version, offset };
  for (const [index, one] of many.entries()) {
    one.send({ type: 'join', roomId: 'room', user: { userId: `u${index}` }, since });
  }
  for (const one of many) t.match(ofType(await one.news(), 'sceneDelta'), [{ fromVersion: 0, toVersion: 1 }]);
  t.equal(deltas(), 1);
});
