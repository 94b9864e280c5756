import t from 'tap';
import { add, ofType, remove, stage, types, update } from './person.ts';

for (const protocol of ['tandem.v1', '']) {
  t.test(`[TK1] a room sends at most once in TICK_MS (${protocol || 'single frames'})`, async (t) => {
    const at = await stage(t);
    const ada = await at.member('ada');
    const ben = await at.member('ben', 'room', { protocol });
    await ada.ask(add('i', { count: 0 }));
    await ben.news();
    await at.pass(100);
    const arrivals: number[] = [];
    const begun = at.clock.monotonic();
    for (let ms = 0; ms < 1000; ms++) {
      ada.send(update('i', { count: ms + 1 }));
      await at.settle();
      if (ben.wire.takeFrames().length > 0) arrivals.push(at.clock.monotonic() - begun);
      at.clock.advance(1);
    }
    t.equal(arrivals[0], 0, 'the leading edge at once');
    t.ok(arrivals.length >= 60 && arrivals.length <= 63, `${arrivals.length} flushes in a second`);
    for (let index = 1; index < arrivals.length; index++) {
      t.ok((arrivals[index] ?? 0) - (arrivals[index - 1] ?? 0) >= 16);
    }
  });
}

t.test('[TK1] the first change in a quiet room goes at once', async (t) => {
  const at = await stage(t, { TICK_MS: '100' });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  for (let round = 0; round < 5; round++) {
    await at.pass(250);
    ben.look();
    ada.send({ type: 'cursor', position: [round, 0] });
    await at.settle();
    t.same(types(ben.look()), ['cursor'], 'without time passing');
    ada.send({ type: 'cursor', position: [round, 1] });
    await at.pass(99, 33);
    t.same(ben.look(), [], 'the next one waits');
    await at.pass(1);
    t.same(types(ben.look()), ['cursor']);
  }
});

t.test('[TK1] rooms tick by themselves', async (t) => {
  const at = await stage(t, { TICK_MS: '100' });
  const [ada, ben] = [await at.member('ada', 'one'), await at.member('ben', 'one')];
  const [cy, dee] = [await at.member('cy', 'two'), await at.member('dee', 'two')];
  await at.pass(250);
  for (const one of [ben, dee]) one.look();
  ada.send({ type: 'cursor', position: [0, 0] });
  await at.pass(50);
  cy.send({ type: 'cursor', position: [0, 0] });
  await at.settle();
  t.same([types(ben.look()), types(dee.look())], [['cursor'], ['cursor']]);
});

t.test('[TK2] a flush sends ordered events first, then signals', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await at.pass(50);
  ada.send({ type: 'typing', isTyping: true });
  await at.settle();
  ben.look();
  ada.send({ type: 'cursor', position: [0, 0] });
  ada.send({ type: 'scroll', position: 1 });
  ada.send(add('i'));
  ada.send({ type: 'message', text: 'x' });
  ada.send({ type: 'select', planetId: 'p' });
  const order = types(await ben.news());
  t.same(order.slice(-2), ['cursor', 'scroll']);
  t.same(order.slice(0, -2).sort(), ['message', 'sceneDelta', 'selection_state']);
});

/** What a room that is amid a tick sends at its end, for commands that all come within it. */
async function merged(t: Parameters<typeof stage>[0], commands: object[], before: object[] = []) {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  for (const command of before) await ada.ask(command as Record<string, unknown>);
  await ben.news();
  ada.send({ type: 'typing', isTyping: true });
  await at.settle();
  ben.look();
  for (const command of commands) ada.send(command);
  const deltas = ofType(await ben.news(), 'sceneDelta');
  t.equal(deltas.length, 1);
  const sync = await ben.ask({ type: 'requestSync' });
  t.equal(deltas[0]?.toVersion, sync.version);
  return { operations: deltas[0]?.operations, items: sync.manifest.items, delta: deltas[0] };
}

t.test('[TK3] updates of one item in one tick are merged, the last value wins', async (t) => {
  const { operations, delta } = await merged(
    t,
    [
      update('i', { color: 'red', size: 1 }),
      update('i', { color: 'blue', position_x: 1 }),
      update('i', { position_x: 2, transform: { position: { y: 3 } } }),
    ],
    [add('i')],
  );
  t.equal(operations.length, 1);
  t.strictSame(operations[0], {
    type: 'update',
    target: 'item',
    id: 'i',
    data: { size: 1, color: 'blue', position_x: 2, transform: { position: { y: 3 } } },
  });
  t.equal(delta?.toVersion - delta?.fromVersion, 3, 'all three are counted');
});

t.test('[TK3] a value that does not change is not sent', async (t) => {
  const { operations } = await merged(
    t,
    [update('i', { color: 'red', size: 2, list: [1, { a: 1 }] }), update('i', { color: 'red' })],
    [add('i', { color: 'red', size: 1, list: [1, { a: 1 }] })],
  );
  t.strictSame(operations, [{ type: 'update', target: 'item', id: 'i', data: { size: 2 } }]);
});

t.test('[TK3] add then update is one add; add then remove is nothing', async (t) => {
  const { operations, items } = await merged(t, [
    add('i', { color: 'red' }),
    update('i', { color: 'blue', size: 1 }),
    add('j'),
    update('j', { color: 'red' }),
    remove('j'),
  ]);
  t.strictSame(operations, [
    { type: 'add', target: 'item', id: 'i', data: { id: 'i', color: 'blue', size: 1 } },
  ]);
  t.strictSame(items, { i: { id: 'i', color: 'blue', size: 1 } });
});

t.test('[TK3] a property whose name has dots is not the one that it looks like', async (t) => {
  const literal = update('i', { 'transform.position.x': 1 });
  const nested = update('i', { transform: { position: { x: 2 } } });
  for (const commands of [
    [literal, nested],
    [nested, literal],
  ]) {
    const { operations, items } = await merged(t, commands, [add('i')]);
    t.strictSame(items.i, { id: 'i', 'transform.position.x': 1, transform: { position: { x: 2 } } });
    const told = Object.assign({}, ...operations.map((one: { data: object }) => one.data));
    t.strictSame(told, { 'transform.position.x': 1, transform: { position: { x: 2 } } });
  }
});

t.test('[TK4] acknowledgements are never merged', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  await ada.ask(add('i', { count: 0 }));
  for (let ref = 0; ref < 300; ref++) ada.send({ ...update('i', { count: ref % 2 }), ref });
  const acks = ofType(await ada.news(), 'ack').filter((one) => typeof one.ref === 'number');
  t.same(
    acks.map(({ ref, version }) => [ref, version]),
    Array.from({ length: 300 }, (_, ref) => [ref, ref + 2]),
  );
});
