import { createElement as h, startTransition, useLayoutEffect, useState } from 'react';
import t from 'tap';
import {
  RoomProvider,
  shallow,
  useItem,
  useOthers,
  useRoomEvent,
  useScene,
  useSelection,
} from '../../clients/react/index.ts';
import { below, mount, showing } from './react-stage.ts';
import { clientStage, until } from './stage.ts';

t.setTimeout(550_000);

const ITEMS = 1000;
const user = { userId: 'ada' };
const nextTick = () => new Promise((resolve) => setTimeout(resolve, 16));

t.test('of a thousand components those render whose item has changed, whatever else happens', async (t) => {
  const at = await clientStage(t);
  const ben = at.client().join('r', { user: { userId: 'ben' } });
  await ben.joined;
  for (let n = 0; n < ITEMS; n += 100) {
    const some = Array.from({ length: 100 }, (_, one) => n + one);
    await ben.scene.apply(
      some.map((one) => ({ type: 'add', target: 'item', id: `i${one}`, data: { x: 0, y: 0 } })),
    );
  }
  const renders = new Map<string, number>();
  const count = (what: string) => void renders.set(what, (renders.get(what) ?? 0) + 1);
  const One = showing(({ id }: { id: string }) => {
    const x = useScene(({ items }) => items.get(id)?.x);
    count(id);
    return `${x} `;
  });
  const Whole = showing(({ id }: { id: string }) => {
    const item = useItem(id);
    count(`${id} whole`);
    return JSON.stringify(item);
  });
  const List = showing(() => {
    const ids = useScene(({ items }) => [...items.keys()]);
    count('list');
    return ids.map((id) => h(One, { id, key: id }));
  });
  let cursors = 0;
  const Others = showing(() => {
    const names = useOthers((others) => others.map(({ userId }) => userId));
    useSelection((selected) => selected.i7);
    useRoomEvent('cursor', () => {
      cursors += 1;
    });
    count('others');
    return names;
  });
  const client = at.client();
  const node = h(RoomProvider, { id: 'r', user }, h(Others), h(List), h(Whole, { id: 'i7' }));
  const page = mount(t, below(client, node));
  await until(() => page.text().includes('"i7"') && page.text().startsWith('ben'), 'all of it');
  const ada = client.join('r');
  await Promise.all([ada.cameras.view('p'), ben.cameras.view('p')]);
  let cameras = 0;
  ada.cameras.on('change', () => {
    cameras += 1;
  });
  renders.clear();

  for (let n = 1; n <= 60; n++) {
    ben.cameras.move('p', { position: [n, 0, 0] });
    ben.signal('cursor', { position: { x: n, y: 0 } });
    ben.scene.update(`i${100 + n}`, { x: n });
    // What nobody shows.
    ben.scene.update('i8', { y: n });
    if (n % 20 === 0) ben.scene.update('i7', { x: n });
    if (n === 30) ben.selection.select('i9');
    await nextTick();
  }
  await until(() => ben.pending === 0 && page.text().includes('"x":60'), 'the last');
  await until(() => ada.scene.version === ben.scene.version && cameras > 0 && cursors > 0, 'all');
  t.comment(`${cameras} cameras, ${cursors} cursors, ${ada.scene.version - ITEMS} operations`);
  const [seven, whole] = ['i7', 'i7 whole'].map((what) => renders.get(what) ?? 0);
  t.ok(seven === 3 && whole === 3, `${seven} and ${whole} times for the three changes of one item`);
  const others = [...renders].filter(([what]) => !what.startsWith('i7'));
  t.same(
    others.sort(),
    Array.from({ length: 60 }, (_, n) => [`i${101 + n}`, 1]),
    'the others as often as they have changed; the list and the people not at all',
  );
});

t.test('what is shown at one time is of one time, also where rendering is interrupted', async (t) => {
  const at = await clientStage(t);
  const client = at.client();
  const room = client.join('r', { user });
  await room.joined;
  await room.scene.add('clock', { n: 0 });
  const READERS = 60;
  /** What the readers have seen in one attempt to render them. */
  let seen = new Set<unknown>();
  let mixed = 0;
  const shown = new Set<string>();
  const Reader = showing(() => {
    const n = useScene(({ items }) => items.get('clock')?.n);
    for (const begun = performance.now(); performance.now() - begun < 1; );
    if (seen.size === 1 && !seen.has(n)) mixed += 1;
    seen.add(n);
    useLayoutEffect(() => void shown.add(page.text()));
    return `${n} `;
  });
  let show: ((isShown: boolean) => void) | undefined;
  const Readers = showing(() => {
    const [isShown, setShown] = useState(false);
    show = setShown;
    seen = new Set();
    return Array.from({ length: isShown ? READERS : 0 }, (_, id) => h(Reader, { key: id }));
  });
  const page = mount(t, below(client, h(RoomProvider, { id: 'r', user }, h(Readers))));
  await until(() => show !== undefined, 'a first render');
  const answers: Promise<unknown>[] = [];
  let n = 0;
  for (let round = 0; round < 5; round++) {
    startTransition(() => show?.(true));
    for (let time = 0; time < 4; time++) {
      await new Promise((resolve) => setImmediate(resolve));
      n += 1;
      answers.push(room.scene.update('clock', { n }));
    }
    await until(() => page.text() === `${n} `.repeat(READERS), 'the latest');
    show?.(false);
    await until(() => page.text() === '', 'none');
  }
  await Promise.all(answers);
  t.ok(mixed > 0, `a change came in the middle of ${mixed} renders`);
  t.ok(shown.size >= 5);
  const torn = [...shown].filter((text) => new Set(text.trim().split(' ')).size > 1);
  t.same(torn, [], 'and was never seen in half of them');
});

t.test('two values are the same by what is in them, one level deep', async (t) => {
  const one = {};
  for (const [a, b] of [
    [1, 1],
    [
      [one, 2],
      [one, 2],
    ],
    [{ a: one }, { a: one }],
    [new Map([['a', one]]), new Map([['a', one]])],
    [new Set([one]), new Set([one])],
    [Number.NaN, Number.NaN],
  ]) {
    t.ok(shallow(a, b), `${JSON.stringify(a)} ${JSON.stringify(b)}`);
  }
  for (const [a, b] of [
    [1, 2],
    [[1], [2]],
    [[1], [1, 2]],
    [[undefined], []],
    [[1], { 0: 1 }],
    [{ a: undefined }, { b: undefined }],
    [{ a: {} }, { a: {} }],
    [new Map([['a', 1]]), new Map([['a', 2]])],
    [new Date(1), new Date(2)],
    [null, {}],
  ]) {
    t.notOk(shallow(a, b), `${JSON.stringify(a)} ${JSON.stringify(b)}`);
  }
});
