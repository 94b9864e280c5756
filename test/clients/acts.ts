import type { Room } from '../../clients/client/index.ts';
import type { Log } from '../../server/log/log.ts';
import { createMemoryLog } from '../../server/log/memory.ts';
import type { Random } from '../simulation/random.ts';

/** One that outlives servers: closing it does nothing. */
export function lastingLog(): Log {
  const log = createMemoryLog();
  return new Proxy(log, {
    get: (target, name) => {
      if (name === 'close') return async () => {};
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

export interface Tally {
  sent: number;
  settled: number;
  readonly chats: Set<string>;
  tokens: number;
  /** Whatever happened: codes of refusals, transports. */
  readonly seen: Set<string>;
}

/** Something that a user may do at any time. */
export function act(random: Random, room: Room, name: string, tally: Tally): void {
  const id = `i${random.below(6)}`;
  const follow = (answer: Promise<unknown>) => {
    tally.sent += 1;
    const settled = () => {
      tally.settled += 1;
    };
    answer.then(settled, ({ code }) => {
      tally.seen.add(code);
      settled();
    });
  };
  const document = room.text('d');
  const at = () => random.below(document.value.length + 1);
  switch (
    random.weighted({
      add: 3,
      update: 6,
      outdated: 1,
      remove: 1,
      set: 1,
      select: 1,
      unselect: 1,
      undo: 3,
      redo: 1,
      chat: 2,
      type: 5,
      erase: 2,
    })
  ) {
    case 'add':
      return follow(room.scene.add(id, { x: random.below(9) }));
    case 'update':
      return follow(room.scene.update(id, { [random.pick(['x', 'y', 'position_x'])]: random.below(99) }));
    case 'outdated':
      return follow(room.scene.update(id, { x: random.below(99) }, { version: 0 }));
    case 'remove':
      return follow(room.scene.remove(id));
    case 'select':
      return follow(room.selection.select(id));
    case 'unselect':
      return follow(room.selection.unselect(id));
    case 'set':
      return follow(room.scene.set({ name: random.below(99) }));
    case 'undo':
      return follow(room.scene.undo());
    case 'redo':
      return follow(room.scene.redo());
    case 'chat': {
      const text = `${name}-${tally.sent}`;
      return follow(room.chat.send(text).then(() => tally.chats.add(text)));
    }
    case 'type':
      return document.insert(at(), random.pick(['a', 'bc', '😀', `${name} `]));
    case 'erase': {
      // Halves of a character are nothing that one can erase.
      const whole = [...document.value];
      whole.splice(random.below(whole.length + 1), random.below(3));
      return document.set(whole.join(''));
    }
  }
}
