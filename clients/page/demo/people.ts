import type { Person, Room } from '../../client/index.ts';
import { COLORS } from './identity.ts';

/** Who is in the room, as they are to be shown. */
export class People {
  readonly #room: Room;
  /** Also those who have gone: what they said stays. */
  readonly #known = new Map<string, Person>();

  constructor(room: Room) {
    this.#room = room;
    room.presence.on('change', (users) => {
      for (const user of users) this.#known.set(user.userId, user);
    });
  }

  get all(): readonly Person[] {
    return this.#room.presence.users;
  }

  isMe(userId: string): boolean {
    return userId === this.#room.userId;
  }

  has(userId: string): boolean {
    return this.all.some((one) => one.userId === userId);
  }

  /** Whether somebody is in the room, and looks at this place of it. */
  isAt(userId: string, place: string): boolean {
    return this.all.some((one) => one.userId === userId && (one.place ?? place) === place);
  }

  nameOf(userId: string): string {
    const name = this.#known.get(userId)?.name;
    return name?.trim() ? name : userId;
  }

  /** As `#rrggbb`, whatever somebody calls a colour. */
  colorOf(userId: string): string {
    const color = this.#known.get(userId)?.color;
    if (typeof color === 'string' && /^#[0-9a-f]{6}$/i.test(color)) return color;
    let sum = 0;
    for (const one of userId) sum += one.codePointAt(0) ?? 0;
    return COLORS[sum % COLORS.length] ?? COLORS[0];
  }
}
