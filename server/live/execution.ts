import { answerEvent, refOf } from '../dialect/answers.ts';
import { renderDirect } from '../dialect/dialect.ts';
import type { DirectEvent } from '../dialect/events.ts';
import { renameField } from '../dispatch/error-event.ts';
import { setViewing } from '../dispatch/membership.ts';
import type { Receiver } from '../fanout/receiver.ts';
import type { Effect } from '../room/effect.ts';
import type { CommandEntry, Entry } from '../room/entry.ts';
import { claimsOf } from '../room/selections.ts';
import type { ExecutionOptions, LogRefusal } from './execution-options.ts';
import { refuseSyncs } from './joins.ts';
import type { LiveRoom } from './live-room.ts';
import { timeLock } from './lock-times.ts';
import { Returning } from './returning.ts';

/** Does what the fold says: the one place where effects become answers, memberships and traffic. */
export class Execution {
  readonly #options: ExecutionOptions;
  readonly #returning: Returning;

  constructor(options: ExecutionOptions) {
    this.#options = options;
    this.#returning = new Returning(options);
  }

  /** Executes the effects of one batch, in their order, and asks for a flush. */
  execute(room: LiveRoom, effects: readonly { effect: Effect; offset: number }[]): void {
    const { fanout } = room;
    if (fanout === undefined) return;
    const replies = new Map<Receiver, string[]>();
    for (const { effect, offset } of effects) {
      switch (effect.kind) {
        case 'answer':
          this.#answer(room, effect, offset, replies);
          break;
        case 'conflict': {
          const { op, to, thing, lockedBy } = effect;
          const event: DirectEvent = { type: 'conflict', op, ...refOf(to), thing, lockedBy };
          this.#count(to.connection, 'CONFLICT');
          this.#reply(room, to.connection, event, offset, replies);
          break;
        }
        case 'entered':
          this.#deliver(room, effect.to.connection, replies);
          this.#entered(room, effect);
          break;
        case 'claims':
          this.#timeLock(room, effect.thing, effect.released);
          break;
        case 'fault':
          this.#options.onFault(room.roomId, effect.entry, effect.error);
          break;
        case 'removed':
          this.#deliver(room, effect.connection, replies);
          this.#removed(room, effect, offset, replies);
          break;
        case 'viewing':
          this.#gather(
            effect.connection,
            fanout.setViewing(effect.connection, effect.thing, effect.views),
            replies,
          );
          break;
        default:
          fanout.absorb(effect, offset);
      }
    }
    for (const [receiver, encoded] of replies) fanout.reply(receiver, encoded);
    this.#options.ticker.request(fanout);
  }

  /** Sends what a connection has been answered so far: what follows changes where answers go. */
  #deliver({ fanout }: LiveRoom, connectionId: string, replies: Map<Receiver, string[]>): void {
    const receiver = this.#options.session(connectionId)?.receiver;
    const encoded = receiver && replies.get(receiver);
    if (receiver === undefined || encoded === undefined) return;
    replies.delete(receiver);
    fanout?.reply(receiver, encoded);
  }

  #answer(
    room: LiveRoom,
    { op, to, answer, opId }: Extract<Effect, { kind: 'answer' }>,
    offset: number,
    replies: Map<Receiver, string[]>,
  ): void {
    if (this.#options.pendingAnswers.answer(to.connection, answer)) return;
    // A join that was accepted is answered when its receiver is served.
    if (op === 'join' && answer.ok) return;
    if (op === 'join') this.#notJoined(to.connection, room.roomId);
    // One that was to be taken in again hears the room still.
    const isIn = this.#options.session(to.connection)?.memberships.has(room.roomId);
    if (op === 'join' && isIn !== true) room.fanout?.detach(to.connection);
    if (!answer.ok) this.#count(to.connection, answer.code);
    // Who leaves because it is gone has asked for nothing; an answer without a session goes nowhere.
    this.#reply(room, to.connection, answerEvent(room.roomId, op, to, answer, opId), offset, replies);
  }

  #entered(room: LiveRoom, { to, node, place }: Extract<Effect, { kind: 'entered' }>): void {
    const { roomId } = room;
    if (node !== this.#options.nodeId) return this.#returning.handOver(roomId, to);
    const session = this.#options.session(to.connection);
    const join = this.#options.joins.take(to.connection, roomId);
    const { clock } = this.#options;
    const isKnown = session?.memberships.has(roomId) === true;
    // What it was to go on from may have been refused: then nothing serves it there.
    if (session === undefined || join === undefined || (join.want === undefined && !isKnown)) {
      // It was repeated, as no answer came in time, and is in the room by that, or will be.
      if (isKnown) return;
      if (session !== undefined && join !== undefined) refuseSyncs(session, roomId, join.syncs);
      // Or the connection ended meanwhile; nobody else would take it out of the room.
      const by = { connection: to.connection, userId: to.userId };
      this.#options.submit(roomId, { type: 'leave', at: clock.now(), by, reason: 'disconnected' });
      return;
    }
    const { membership, replaced, leaves, want, syncs } = join;
    for (const one of leaves) this.#options.leave(session, one);
    // A later join may have put its own membership there: whether that is accepted or not, it is in the room.
    const current = session.memberships.get(roomId) ?? membership;
    let stored: Promise<void> | undefined;
    if (current.phase === 'joining') {
      current.phase = 'joined';
      stored = this.#options.onJoined(session, current, place, room.view);
    }
    session.memberships.set(roomId, current);
    for (const one of replaced) one.memberships.delete(roomId);
    // What it takes over from a broken connection of the same user.
    for (const thing of claimsOf(room.state?.selections ?? new Map(), to.connection)) {
      this.#timeLock(room, thing);
    }
    // Its connection may have broken meanwhile: nobody would take it out of the fan-out again.
    if (session.phase.kind !== 'open') return;
    // Who never left is served without a break, unless the room was read anew.
    const isServed = want?.resync === true && room.fanout?.attachmentOf(to.connection) !== undefined;
    if (want !== undefined && !isServed) {
      room.fanout?.attach(session.receiver, to.userId, { ...want, joined: place }, stored);
    }
    for (const request of syncs) room.fanout?.sync(to.connection, request);
    // Its answers are due, and nothing else.
    if (current.phase === 'leaving') room.fanout?.detach(to.connection);
  }

  #timeLock({ roomId, state }: LiveRoom, thing: string, released?: string): void {
    const { session, lockTtlMs, clock, submit } = this.#options;
    timeLock(state?.selections, thing, released, {
      membershipOf: (connection) => session(connection)?.memberships.get(roomId),
      endsAt: () => clock.monotonic() + lockTtlMs,
      letGo: (connection) => submit(roomId, { type: 'expire', at: clock.now(), connection, thing }),
    });
  }

  #removed(
    room: LiveRoom,
    { connection, reason, code: told = 'FORBIDDEN' }: Extract<Effect, { kind: 'removed' }>,
    offset: number,
    replies: Map<Receiver, string[]>,
  ): void {
    const session = this.#options.session(connection);
    const membership = session?.memberships.get(room.roomId);
    // It has asked for nothing of the kind: other nodes took this one for gone. It goes on hearing the room.
    if (reason === 'disconnected' && session !== undefined && membership?.phase === 'joined')
      return this.#options.rejoin(session, membership);
    // Once more, before it is back: it will be.
    if (reason === 'disconnected' && membership?.phase === 'joining') return;
    if (membership !== undefined) this.#options.onLeft(connection, membership, reason);
    // Unless it has joined again, and that join is still on its way. One that only goes on has nothing to go on from.
    if (!this.#options.joins.serves(connection, room.roomId)) session?.memberships.delete(room.roomId);
    else if (membership !== undefined && membership.phase !== 'leaving') membership.phase = 'joining';
    if (reason === 'kicked' || reason === 'forbidden') {
      const code = reason === 'kicked' ? 'IDENTITY_MISMATCH' : told;
      this.#reply(
        room,
        connection,
        { type: 'error', op: 'join', roomId: room.roomId, code },
        offset,
        replies,
      );
    }
    room.fanout?.detach(connection);
  }

  /** A refusal counts where it is told. */
  #count(connectionId: string, code: string): void {
    if (this.#options.session(connectionId) !== undefined) this.#options.onRefused(code);
  }

  #reply(
    room: LiveRoom,
    connectionId: string,
    event: DirectEvent,
    offset: number,
    replies: Map<Receiver, string[]>,
  ): void {
    const receiver = this.#options.session(connectionId)?.receiver;
    if (receiver === undefined) return;
    if (event.type === 'error') renameField(receiver.dialect, event);
    const encoded = renderDirect(receiver.dialect, event, room.fanout?.view);
    this.#options.onSent(event.type);
    if (receiver.dialect.vocabulary.answersInOrder) room.fanout?.reply(receiver, encoded, offset);
    else this.#gather(connectionId, encoded, replies);
  }

  /** What a batch has for a connection leaves in one frame. */
  #gather(connectionId: string, encoded: string[], replies: Map<Receiver, string[]>): void {
    const receiver = this.#options.session(connectionId)?.receiver;
    if (receiver === undefined || encoded.length === 0) return;
    const before = replies.get(receiver);
    if (before === undefined) replies.set(receiver, encoded);
    else before.push(...encoded);
  }

  /** Tells the author of an entry that it was not accepted. */
  refuse(roomId: string, entry: Entry, code: 'OVERLOADED' | LogRefusal): void {
    if (!('by' in entry)) return;
    const { by, type } = entry as CommandEntry;
    if (this.#options.pendingAnswers.answer(by.connection, { ok: false, code })) return;
    if (type === 'join' && code !== 'LOG_CORRUPT' && this.#returning.later(roomId, by.connection)) return;
    this.#options.onRefused(code);
    if (type === 'join') this.#notJoined(by.connection, roomId, code === 'OVERLOADED' ? 'latest' : 'oldest');
    else this.#undo(roomId, entry as CommandEntry);
    const receiver = this.#options.session(by.connection)?.receiver;
    if (receiver === undefined) return;
    const opId = 'opId' in entry ? entry.opId : undefined;
    const event = answerEvent(roomId, type, by, { ok: false, code }, opId);
    this.#options.onSent(event.type);
    receiver.reply(renderDirect(receiver.dialect, event, this.#options.viewOf(roomId)));
  }

  /** What a handler noted when it submitted an entry that was refused afterwards. */
  #undo(roomId: string, { type, by, ...entry }: CommandEntry): void {
    if (type !== 'join_viewer' && type !== 'leave_viewer') return;
    const membership = this.#options.session(by.connection)?.memberships.get(roomId);
    const { thing } = entry as { thing: string };
    const views = this.#options.viewOf(roomId)?.state.viewers.get(thing)?.has(by.connection) ?? false;
    if (membership !== undefined) setViewing(membership, thing, views);
  }

  #notJoined(connectionId: string, roomId: string, which: 'oldest' | 'latest' = 'oldest'): void {
    const join = this.#options.joins.take(connectionId, roomId, which);
    const session = this.#options.session(connectionId);
    if (join === undefined || session === undefined) return;
    const isLatest = session.memberships.get(roomId) === join.membership;
    if (isLatest && join.membership.phase !== 'joined') session.memberships.delete(roomId);
    refuseSyncs(session, roomId, join.syncs);
  }
}
