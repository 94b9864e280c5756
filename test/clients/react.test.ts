import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { createElement as h } from 'react';
import t from 'tap';
import type { RoomText } from '../../clients/client/text/index.ts';
import {
  RoomProvider,
  type Undo,
  type UpdateMyPresence,
  useMyPresence,
  useOthers,
  usePending,
  useRoomEvent,
  useRoomStatus,
  useScene,
  useSelection,
  useStatus,
  useText,
  useUndo,
} from '../../clients/react/index.ts';
import { useRealtime } from '../../clients/react/query.ts';
import { token } from '../native/person.ts';
import { below, mount, showing } from './react-stage.ts';
import { clientStage, until } from './stage.ts';

t.setTimeout(550_000);

/** Who waits for it goes on when it is opened. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

t.test('components show who is there, what is selected, and how the connection is', async (t) => {
  const at = await clientStage(t);
  const ben = at.client().join('r', { user: { userId: 'ben', name: 'Ben' } });
  await ben.joined;
  let update: UpdateMyPresence = async () => {};
  const cursors: unknown[] = [];
  const People = showing(() => {
    const [me, updateMe] = useMyPresence();
    update = updateMe;
    const names = useOthers((others) => others.map(({ name }) => name));
    const holder = useSelection((selected) => selected.lamp?.[0]);
    useRoomEvent('cursor', ({ userId, position }) => cursors.push([userId, position]));
    return JSON.stringify([useStatus(), useRoomStatus(), me?.color, names, holder, usePending()]);
  });
  const user = { userId: 'ada', color: 'teal' };
  const client = at.client();
  const page = mount(t, below(client, h(RoomProvider, { id: 'r', user }, h(People))));
  const shows = (...all: unknown[]) =>
    until(() => page.text() === JSON.stringify(all), JSON.stringify(all)).then(() => t.pass());
  await shows('open', 'joined', 'teal', ['Ben'], null, 0);
  await ben.selection.select('lamp');
  await shows('open', 'joined', 'teal', ['Ben'], 'ben', 0);
  await update({ color: 'red' });
  await shows('open', 'joined', 'red', ['Ben'], 'ben', 0);
  ben.signal('cursor', { position: { x: 1, y: 2 } });
  await until(() => cursors.length === 1, 'the cursor');
  t.same(cursors, [['ben', { x: 1, y: 2 }]]);
  ben.leave();
  await shows('open', 'joined', 'red', [], null, 0);
  client.close();
  await until(() => page.text().startsWith('["closed","left"'), 'that it is over');
});

t.test('a text that two components of two people edit at once becomes the same in both', async (t) => {
  const at = await clientStage(t);
  const texts: RoomText[] = [];
  const Editor = showing(({ n }: { n: number }) => {
    const [value, text] = useText('notes');
    texts[n] = text;
    return value;
  });
  const pages = ['ada', 'ben'].map((userId, n) =>
    mount(t, below(at.client(), h(RoomProvider, { id: 'r', user: { userId } }, h(Editor, { n })))),
  );
  await until(() => texts.length === 2, 'both');
  for (let n = 0; n < 25; n++) {
    texts[0]?.insert(0, `a${n} `);
    texts[1]?.insert(texts[1].value.length, `b${n} `);
    if (n % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const [one, two] = pages.map((page) => () => page.text());
  await until(() => one?.() === two?.() && /(?=.*a24 )(?=.*b24 )/.test(one?.() ?? ''), 'the same text');
  t.equal(one?.(), texts[0]?.value);
});

t.test('what can be undone and redone is known at once, also when it is refused', async (t) => {
  const at = await clientStage(t);
  const ben = at.client().join('r', { user: { userId: 'ben' } });
  await ben.joined;
  await ben.scene.add('lamp');
  await ben.selection.select('lamp');
  let undo: Undo | undefined;
  const Toolbar = showing(() => {
    undo = useUndo();
    return `${undo.canUndo} ${undo.canRedo} ${useScene(({ items }) => items.size)}`;
  });
  const client = at.client();
  const page = mount(t, below(client, h(RoomProvider, { id: 'r', user: { userId: 'ada' } }, h(Toolbar))));
  const shows = (text: string) => until(() => page.text() === text, text).then(() => t.pass(text));
  await shows('false false 1');
  const room = client.join('r');
  await room.scene.add('chair');
  await shows('true false 2');
  t.equal(await undo?.undo(), true);
  await shows('false true 1');
  t.equal(await undo?.redo(), true);
  await shows('true false 2');
  await undo?.undo();
  await t.rejects(room.scene.update('lamp', { color: 'red' }), { code: 'CONFLICT' });
  await shows('false false 1');
  await room.scene.add('table');
  await ben.scene.remove('table');
  await shows('true false 1');
  t.equal(await undo?.undo(), false, 'somebody else has removed it');
  await shows('false false 1');
});

t.test('the query of a component is asked again when somebody else changes the component', async (t) => {
  const at = await clientStage(t);
  const ben = at.client().join('component:c1', { user: { userId: 'ben' } });
  await ben.joined;
  const queries = new QueryClient();
  t.teardown(() => queries.clear());
  const asked: Record<string, number> = { c1: 0, c2: 0 };
  const Component = showing(({ id }: { id: string }) => {
    useRealtime(id);
    const { data } = useQuery({
      queryKey: ['component', id],
      queryFn: async () => {
        asked[id] = (asked[id] ?? 0) + 1;
        return asked[id];
      },
    });
    return `${id}: ${data} `;
  });
  const client = at.client({ token: await token({ sub: 'ada' }) });
  const showingAll = (ids: string[]) =>
    below(
      client,
      h(
        QueryClientProvider,
        { client: queries },
        ids.map((id) => h(Component, { id, key: id })),
      ),
    );
  const page = mount(t, showingAll(['c1', 'c2']));
  const shows = (text: string) => until(() => page.text().trim() === text, text).then(() => t.pass(text));
  // Once when it is mounted, and once with the join.
  await shows('c1: 2 c2: 2');
  const own = () => client.rooms.get('component:c1');
  await until(() => ben.presence.others.length === 1 && own()?.status === 'joined', 'the subscriber');
  const names = ['updated', 'nested-updated', 'nested-created', 'nested-deleted'];
  for (const [n, name] of names.entries()) {
    const operations = [{ type: 'update', target: 'scene', data: { n } } as const];
    await ben.relay(`component:${name}`, { componentId: 'c1' }, { operations });
    await shows(`c1: ${n + 3} c2: 2`);
  }
  await ben.relay('component:typing', { componentId: 'c1' });
  await ben.scene.set({ title: 'of the scene' });
  await own()?.relay('component:updated', { componentId: 'c1' });
  await ben.relay('done', {});
  let isDone = false;
  own()?.on('event', ({ event }) => (isDone ||= event === 'done'));
  await ben.relay('done', {});
  await until(() => isDone, 'the last event');
  t.same(asked, { c1: 6, c2: 2 }, 'neither of other events, or the scene alone, nor of one’s own');
  for (const socket of at.sockets.slice(1)) socket.terminate();
  await shows('c1: 7 c2: 3');
  page.render(showingAll(['c2']));
  await until(() => ben.presence.others.length === 0, 'who has left');
  t.same([...client.rooms.keys()], ['component:c2']);
});

t.test(
  'what changed before the join, or while the query was asked for the first time, is not missed',
  async (t) => {
    const at = await clientStage(t);
    const ben = at.client().join('component:c1', { user: { userId: 'ben' } });
    await ben.joined;
    const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
    t.teardown(() => queries.clear());
    let saved = 1;
    const [connected, answered] = [gate(), gate()];
    const Component = showing(({ isSlow }: { isSlow?: boolean }) => {
      useRealtime('c1', ['c', isSlow]);
      const queryFn = async () => {
        const read = saved;
        if (isSlow) await answered.opened;
        return read;
      };
      return String(useQuery({ queryKey: ['c', isSlow], queryFn }).data);
    });
    const getToken = () => connected.opened.then(() => token({ sub: 'ada' }));
    const client = at.client({ getToken });
    const page = (isSlow: boolean) =>
      mount(t, below(client, h(QueryClientProvider, { client: queries }, h(Component, { isSlow }))));
    const [quick, slow] = [page(false), page(true)];
    await until(() => quick.text() === '1', 'the first answer');
    saved = 2;
    await ben.relay('component:updated', { componentId: 'c1' });
    connected.open();
    await until(() => quick.text() === '2', 'what changed before the join');
    saved = 3;
    await ben.relay('component:updated', { componentId: 'c1' });
    await until(() => quick.text() === '3', 'what changed since');
    answered.open();
    await until(() => slow.text() === '3', 'what changed while it was asked');
    t.pass();
  },
);

t.test('another id of a room is another room, and the first one is left', async (t) => {
  const at = await clientStage(t);
  const ben = ['r1', 'r2'].map((id) => at.client().join(id, { user: { userId: 'ben' } }));
  await Promise.all(ben.map(({ joined }) => joined));
  await Promise.all(ben.map(({ scene, id }) => scene.set({ name: id })));
  const client = at.client();
  const Title = showing(() => String(useScene(({ properties }) => properties.name)));
  const within = (id: string) => below(client, h(RoomProvider, { id, user: { userId: 'ada' } }, h(Title)));
  const page = mount(t, within('r1'));
  await until(() => page.text() === 'r1', 'the first');
  page.render(within('r2'));
  await until(() => page.text() === 'r2', 'the second');
  await until(() => ben[0]?.presence.others.length === 0, 'that the first is left');
  t.same([...client.rooms.keys()], ['r2']);
});

t.test('a hook outside of its provider says what is missing', async (t) => {
  const at = await clientStage(t);
  const faults: string[] = [];
  const thrown = (error: unknown) => void faults.push((error as Error).message);
  const Lost = showing(() => useScene().version);
  mount(t, h(Lost), thrown);
  mount(t, below(at.client(), h(Lost)), thrown);
  await until(() => faults.length === 2, 'both');
  t.same(faults, [
    'There is no TandemProvider around this component.',
    'There is no RoomProvider around this component.',
  ]);
});
