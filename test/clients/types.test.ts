import t from 'tap';
import type { Room } from '../../clients/client/index.ts';

/** Never called: that it compiles is the test. Each `@ts-expect-error` fails where there is none. */
export function wrong(room: Room): void {
  room.on('cursor', ({ userId, position }) => [userId.length, position]);
  room.scene.on('change', ({ items }) => items.join());
  // @ts-expect-error there is no such event
  room.on('curser', () => {});
  // @ts-expect-error a message has no such field
  room.chat.on('message', ({ body }) => body);
  // @ts-expect-error it is a boolean
  room.signal('typing', { isTyping: 'yes' });
  // @ts-expect-error there is no such signal
  room.signal('blink', {});
  // @ts-expect-error there is no such operation
  room.scene.apply([{ type: 'replace', target: 'item', id: 'a' }]);
  // @ts-expect-error items are changed by operations alone
  room.scene.items.set('a', {});
  // @ts-expect-error a camera is more than a number
  room.cameras.move('p', 7);
}

t.test('a wrong payload or the name of no event does not compile', async (t) => {
  t.type(wrong, 'function');
});
