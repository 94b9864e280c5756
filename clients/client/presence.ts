import type { MessageOf } from '../../protocol/index.ts';
import { Events } from './events.ts';

/** A user in the room, with the details that it gave. */
export type Person = MessageOf<'presence'>['users'][number] & Readonly<Record<string, unknown>>;

/** Who is in the room. */
export class Presence extends Events<{ change: readonly Person[] }> {
  /** Everybody, oneself included; empty before the first join. */
  users: readonly Person[] = [];
  readonly #isSelf: (userId: string) => boolean;
  readonly #update: (user: Readonly<Record<string, unknown>>) => Promise<void>;

  constructor(
    isSelf: (userId: string) => boolean,
    update: (user: Readonly<Record<string, unknown>>) => Promise<void>,
  ) {
    super();
    this.#isSelf = isSelf;
    this.#update = update;
  }

  get others(): readonly Person[] {
    return this.users.filter(({ userId }) => !this.#isSelf(userId));
  }

  get self(): Person | undefined {
    return this.users.find(({ userId }) => this.#isSelf(userId));
  }

  /** Changes one's own details: those that are named. */
  update(details: Readonly<Record<string, unknown>>): Promise<void> {
    return this.#update(details);
  }

  /** @internal */
  received({ users = [] }: Partial<MessageOf<'presence'>>): void {
    this.users = users as readonly Person[];
    this.emit('change', this.users);
  }
}
