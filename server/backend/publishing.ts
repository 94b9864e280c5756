import type { Broadcasted, Notice, Notification, Publication, Published } from '../../protocol/http/index.ts';
import { errors, Refusal } from '../../protocol/index.ts';
import type { DirectEvent } from '../dialect/events.ts';
import type { Session } from '../dispatch/session.ts';
import { bytesOf } from '../dispatch/size.ts';
import { ownName } from '../own-name.ts';
import type { Answer, EntryOf } from '../room/entry.ts';
import type { Backend } from './backend.ts';
import type { ForUser } from './elsewhere.ts';

export interface Here extends ForUser {
  /** Returns how many connections it ends. */
  disconnect(userId: string): number;
}

export interface PublishingOptions {
  ask(roomId: string, entry: EntryOf<'event'>): Promise<Answer>;
  /** What this node and, where there are any, the others do for a user. */
  here: Here;
  elsewhere: ForUser | undefined;
  now(): number;
  newId(): string;
  maxBytes: number;
}

/** Whose idempotency keys those of the program itself are. */
const PROGRAM = ownName('program');
/** Those of backends are not those of users, of whom a guest may be called like one. */
const PUBLISHER = ownName('publisher ');

export function createPublishing(
  options: PublishingOptions,
): Pick<Backend, 'publish' | 'broadcast' | 'notify' | 'disconnect'> {
  const { ask, here, elsewhere, now, newId, maxBytes } = options;

  /** Throws INVALID_FIELD. Of large data it takes long: once for all rooms that they are for. */
  function check(data: unknown): void {
    if (bytesOf(data ?? null) <= maxBytes) return;
    throw new Refusal('INVALID_FIELD', {
      path: 'data',
      expected: `at most ${maxBytes} bytes`,
      limit: maxBytes,
    });
  }

  /** Resolves with the id of the event, that of the first one where this is a repeat. */
  async function append(
    roomId: string,
    { event, data, exclude, idempotencyKey }: Publication,
    userId: string,
    id: string,
    at = now(),
  ): Promise<string> {
    const answered = await ask(roomId, {
      type: 'event',
      at,
      by: { connection: id, userId },
      id,
      event,
      data,
      ...(exclude === undefined ? {} : { exclude: [exclude].flat() }),
      ...(idempotencyKey === undefined ? {} : { opId: idempotencyKey }),
    });
    if (!answered.ok) throw new Refusal(answered.code);
    return answered.id ?? id;
  }

  async function publishTo(roomId: string, publication: Publication, by?: string): Promise<Published> {
    const publisher = by === undefined ? PROGRAM : PUBLISHER + by;
    return { roomId, id: await append(roomId, publication, publisher, newId()) };
  }

  async function one(roomId: string, publication: Publication, by: string | undefined) {
    try {
      const { id } = await publishTo(roomId, publication, by);
      return { roomId, ok: true, id } as const;
    } catch (error) {
      const { code, message } =
        error instanceof Refusal ? error : { code: 'INTERNAL', message: errors.INTERNAL };
      return { roomId, ok: false, code, message } as const;
    }
  }

  return {
    async publish(roomId, publication, by) {
      check(publication.data);
      return publishTo(roomId, publication, by);
    },
    async broadcast(roomIds, publication, by): Promise<Broadcasted> {
      check(publication.data);
      const published = new Map<string, ReturnType<typeof one>>();
      const results = roomIds.map((roomId) => {
        const result = published.get(roomId) ?? one(roomId, publication, by);
        published.set(roomId, result);
        return result;
      });
      return { results: await Promise.all(results) };
    },
    async notify(userId, notice: Notice): Promise<Notification> {
      const [attempt, at] = [newId(), now()];
      const { id = attempt } = notice;
      const data = { type: 'info', priority: 'medium', timestamp: at, read: false, ...notice, id };
      check(data);
      const roomId = `user:${userId}`;
      const publication = { event: 'notification', data, idempotencyKey: id };
      await append(roomId, publication, NOTIFICATIONS, attempt, at);
      // A repeat, too: the first attempt may have been stored without coming to this.
      const event = { type: 'notification', id, data, at } as const;
      here.notify(userId, event);
      elsewhere?.notify(userId, event);
      return data;
    },
    disconnect(userId) {
      elsewhere?.disconnect(userId);
      return here.disconnect(userId);
    },
  };
}

export interface HereOptions {
  /** The sessions of this node. */
  sessions(): Iterable<Session>;
  answer(session: Session, event: DirectEvent): void;
  /** Ends a session with KICKED. */
  kick(session: Session): void;
}

/** Notifications of which it is known that this node has heard; what is tried again is tried soon. */
const MOST_TOLD = 10_000;

/** What this node does for its own sessions. */
export function createHere({ sessions, answer, kick }: HereOptions): Here {
  const told = new Set<string>();
  const ofUser = (userId: string) => [...sessions()].filter((session) => userOf(session) === userId);
  return {
    disconnect(userId) {
      const own = ofUser(userId);
      for (const session of own) kick(session);
      return own.length;
    },
    notify(userId, event) {
      const key = `${userId}\n${event.id}`;
      if (told.has(key)) return;
      told.add(key);
      const [oldest = key] = told;
      if (told.size > MOST_TOLD) told.delete(oldest);
      // Who is in the user's own room, or hears it, has heard it there.
      const roomId = `user:${userId}`;
      const untold = ofUser(userId).filter(
        ({ phase, memberships, hears }) =>
          // What is the user's own is for none who only say that they are this user.
          'principal' in phase &&
          phase.principal.kind === 'user' &&
          !memberships.has(roomId) &&
          hears?.roomId !== roomId,
      );
      for (const session of untold) answer(session, event);
    },
  };
}

const NOTIFICATIONS = ownName('notifications');

function userOf({ phase }: Session): string | undefined {
  return 'principal' in phase ? phase.principal.userId : undefined;
}
