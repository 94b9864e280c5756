import { createElement as h } from 'react';
import t from 'tap';
import {
  RoomProvider,
  TandemProvider,
  useMyPresence,
  useOthers,
  useRoom,
  useRoomEvent,
  useScene,
  useSelection,
  useText,
} from '../../clients/react/index.ts';
import { useRealtime } from '../../clients/react/query.ts';

/** Never called: that it compiles is the test. Each `@ts-expect-error` fails where there is none. */
export function useWrongly(): void {
  const count: number = useScene(({ items }) => items.size);
  const names: (string | undefined)[] = useOthers((others) => others.map(({ name }) => name));
  useRoomEvent('cursor', ({ userId, position }) => [userId.length, position, count, names]);
  // @ts-expect-error there is no such event
  useRoomEvent('curser', () => {});
  // @ts-expect-error a message has no such field
  useRoomEvent('typing', ({ position }) => position);
  // @ts-expect-error it is a number
  const wrong: string = useScene(({ version }) => version);
  // @ts-expect-error a snapshot is never changed
  useScene(({ items }) => items.set('a', {}));
  useScene(
    // @ts-expect-error items are compared, not ids
    ({ items }) => items.get('a'),
    (a: string, b: string) => a === b,
  );
  // @ts-expect-error it is a list of ids
  const holder: string = useSelection((selected) => selected.lamp);
  // @ts-expect-error there is no such operation
  useRoom().scene.apply([{ type: 'replace', target: 'item', id: 'a' }]);
  const [, update] = useMyPresence();
  // @ts-expect-error details have names
  update('red');
  const [, text] = useText('notes');
  // @ts-expect-error a position is a number
  text.insert('0', wrong + holder);
  // @ts-expect-error a component has one id
  useRealtime(['c1']);
  // @ts-expect-error a room has an id
  h(RoomProvider, {});
  // @ts-expect-error it is a client, and no address
  h(TandemProvider, { client: 'ws://localhost' });
}

t.test('wrong names and wrong payloads do not compile', async (t) => {
  t.type(useWrongly, 'function');
});
