import { type CommandType, Refusal } from '../../protocol/index.ts';
import type { Ref } from '../dialect/events.ts';
import { SessionCaller } from './caller.ts';
import { errorEvent, renameField } from './error-event.ts';
import { inspect } from './inspect.ts';
import type { Session } from './session.ts';
import type { Stage, Treatment } from './stage.ts';
import { table } from './table.ts';
import { typeOf, validated } from './validation.ts';

export interface DispatcherOptions {
  stage: Stage;
  /** True: nothing new is accepted. */
  closing(): boolean;
  onReceived(type: CommandType, bytes: number): void;
  onRefused(session: Session, refusal: Refusal): void;
  /** Ten times the rate limit: the connection has to be closed. */
  onFlood(session: Session): void;
  /** Too many messages wait for a decision: the connection has to be closed. */
  onOverloaded(session: Session): void;
  /** A fault of the server's own. */
  onFault(error: unknown, type: string | undefined): void;
}

export interface Dispatcher {
  /** Treats one frame of a session. `bytes` may be reused after this returns. */
  receive(session: Session, bytes: Uint8Array, isBinary: boolean): void;
  /** Treats a message that the transport has decoded; `size`: its bytes. */
  accept(session: Session, message: unknown, size: number): void;
  /** Holds back what the session sends until a decision is taken. `decision` must not reject. */
  wait(session: Session, decision: Promise<void>): void;
}

/** From a frame to a handler: decode, inspect, rate limit, validate, handle; one answer to what is refused. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { stage } = options;

  function receive(session: Session, bytes: Uint8Array, isBinary: boolean): void {
    const { decode } = session.receiver.dialect.framing;
    let message: unknown;
    try {
      // What is too large is not worth decoding: it is refused below, whatever it says.
      if (bytes.length <= stage.limits.MAX_MESSAGE_BYTES) message = decode?.(bytes, isBinary);
    } catch (error) {
      message = error;
    }
    accept(session, message, bytes.length);
  }

  function accept(session: Session, message: unknown, size: number): void {
    if (session.inbox === undefined) {
      const decision = treat(session, message, size);
      if (decision !== undefined) wait(session, decision);
      return;
    }
    const waiting = session.inbox.reduce((sum, one) => sum + one.size, size);
    const { MAX_WAITING_MESSAGES, MAX_FRAME_BYTES } = stage.limits;
    if (session.inbox.length >= MAX_WAITING_MESSAGES || waiting > MAX_FRAME_BYTES) {
      options.onOverloaded(session);
    } else session.inbox.push({ message, size });
  }

  function wait(session: Session, decision: Promise<void>): void {
    session.inbox ??= [];
    decision.then(() => {
      const { inbox } = session;
      while (inbox !== undefined) {
        const next = session.phase.kind === 'ended' ? undefined : inbox.shift();
        if (next === undefined) {
          session.inbox = undefined;
          return;
        }
        const another = treat(session, next.message, next.size);
        if (another !== undefined) return wait(session, another);
      }
    });
  }

  /** @param message as it was decoded, or what was thrown instead */
  function treat(session: Session, message: unknown, size: number): Promise<void> | undefined {
    let commands: readonly object[];
    try {
      if (message instanceof Refusal) throw message;
      if (size > stage.limits.MAX_MESSAGE_BYTES) {
        throw new Refusal('MESSAGE_TOO_LARGE', { limit: stage.limits.MAX_MESSAGE_BYTES });
      }
      inspect(message, stage.limits.MAX_DEPTH);
      const { inbound } = session.receiver.dialect.vocabulary;
      commands =
        inbound === undefined ? [message as object] : inbound.read(message, new SessionCaller(session));
    } catch (error) {
      // What cannot be understood counts, too: otherwise it would be the cheapest way to keep a server busy.
      if (admitted(session, 'commands', 1, message)) fail(session, error, message);
      return undefined;
    }
    if (commands.length > 0) return runAll(session, commands, message, size);
    confirm(session, message as { type: string; ref?: Ref });
    return undefined;
  }

  /** What is so already is answered as what has been done. */
  function confirm(session: Session, message: { type: string; ref?: Ref }): void {
    if (!admitted(session, 'commands', 1, message)) return;
    const { type: op, ref } = message;
    stage.answer(session, { type: 'ack', op, ...(ref === undefined ? {} : { ref }) });
  }

  function runAll(
    session: Session,
    commands: readonly object[],
    message: unknown,
    size: number,
  ): Promise<void> | undefined {
    if (commands.length > 1) return runEach(session, commands, message, size, []);
    // Nearly all are one command, for which nothing has to be made.
    try {
      const outcome = run(session, commands[0] as object, message, size);
      if (outcome === undefined || outcome === 'refused') return undefined;
      return outcome.catch((error: unknown) => fail(session, error, message));
    } catch (error) {
      fail(session, error, message);
      return undefined;
    }
  }

  /**
   * One after the other; one that is refused ends it.
   *
   * @param entered rooms that it has joined so far: a message is refused as a whole
   */
  function runEach(
    session: Session,
    commands: readonly object[],
    message: unknown,
    size: number,
    entered: readonly string[],
    isFurther = false,
  ): Promise<void> | undefined {
    const [command, ...rest] = commands;
    if (command === undefined) return undefined;
    const joins = joinedBy(session, command);
    const failed = (error: unknown) => {
      withdraw(session, entered);
      fail(session, error, message);
    };
    const goOn = () => runEach(session, rest, message, size, [...entered, ...joins], true);
    const isPaid = isFurther && session.receiver.dialect.vocabulary.inbound?.countsOnce === true;
    try {
      const outcome = run(session, command, message, size, isPaid);
      if (outcome === 'refused') return withdraw(session, entered);
      return outcome === undefined ? goOn() : outcome.then(goOn, failed);
    } catch (error) {
      failed(error);
      return undefined;
    }
  }

  function withdraw(session: Session, rooms: readonly string[]): undefined {
    for (const roomId of rooms) {
      const membership = session.memberships.get(roomId);
      if (membership === undefined || membership.phase === 'leaving') continue;
      stage.dismiss(session, membership, { reason: 'left', ref: undefined });
    }
  }

  function run(
    session: Session,
    command: object,
    message: unknown,
    size: number,
    isPaid = false,
  ): Promise<void> | 'refused' | undefined {
    let type: CommandType;
    try {
      type = typeOf(command);
    } catch (error) {
      if (admitted(session, 'commands', 1)) throw error;
      return 'refused';
    }
    const treatment = table[type] as Treatment<CommandType>;
    options.onReceived(type, size);
    const cost = isPaid ? 0 : (treatment.cost?.(command as never) ?? 1);
    if (!admitted(session, treatment.bucket, cost, message)) return 'refused';
    if (options.closing()) throw new Refusal('SHUTTING_DOWN');
    if (session.phase.kind === 'arriving' && treatment.anonymous === undefined) {
      throw new Refusal('UNAUTHENTICATED');
    }
    const schema = session.receiver.dialect.vocabulary.inbound?.schemas?.[type];
    return treatment.handle(stage, session, validated(type, command, schema) as never, size) ?? undefined;
  }

  function admitted(
    session: Session,
    bucket: 'commands' | 'stream',
    cost: number,
    message?: unknown,
  ): boolean {
    const { limiter, line, receiver } = session;
    const now = stage.monotonic();
    const isAwaited = receiver.dialect.framing.isAwaited?.(message);
    const admission = line.holds(message)
      ? limiter.refuse(bucket, cost, now, isAwaited)
      : limiter.admit(bucket, cost, now, isAwaited);
    if (admission === 'ok') {
      line.passed(message);
      return true;
    }
    line.refused(message);
    if (admission === 'flood') options.onFlood(session);
    const refusal = new Refusal('RATE_LIMITED', { retryAfterMs: limiter.retryAfterMs });
    if (admission === 'limited-tell') fail(session, refusal, message);
    else options.onRefused(session, refusal);
    return false;
  }

  function fail(session: Session, error: unknown, message: unknown): void {
    const refusal = error instanceof Refusal ? error : new Refusal('INTERNAL');
    const event = errorEvent(refusal, message);
    renameField(session.receiver.dialect, event);
    if (refusal !== error) options.onFault(error, event.op);
    options.onRefused(session, refusal);
    stage.answer(session, event, event.roomId);
  }

  return { receive, accept, wait };
}

/** The room that a command is about to join, where the session is not in it. */
function joinedBy({ memberships }: Session, command: { type?: unknown; roomId?: unknown }): string[] {
  const { type, roomId } = command;
  if (type !== 'join' || typeof roomId !== 'string') return [];
  const phase = memberships.get(roomId)?.phase;
  return phase === undefined || phase === 'leaving' ? [roomId] : [];
}
