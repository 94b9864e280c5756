import { type CommandType, isId, isPlainObject, Refusal } from '../../protocol/index.ts';
import type { DirectEvent, Ref } from '../dialect/events.ts';
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
  /** Holds back what the session sends until a decision is taken. `decision` must not reject. */
  wait(session: Session, decision: Promise<void>): void;
}

/** From a frame to a handler: decode, inspect, rate limit, validate, handle; one answer to what is refused. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { stage } = options;

  function receive(session: Session, bytes: Uint8Array, isBinary: boolean): void {
    if (session.inbox === undefined) {
      const decision = treat(session, bytes, isBinary);
      if (decision !== undefined) wait(session, decision);
      return;
    }
    const waiting = session.inbox.reduce((sum, one) => sum + one.bytes.length, bytes.length);
    const { MAX_WAITING_MESSAGES, MAX_FRAME_BYTES } = stage.limits;
    if (session.inbox.length >= MAX_WAITING_MESSAGES || waiting > MAX_FRAME_BYTES) {
      options.onOverloaded(session);
    } else session.inbox.push({ bytes: bytes.slice(), isBinary });
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
        const another = treat(session, next.bytes, next.isBinary);
        if (another !== undefined) return wait(session, another);
      }
    });
  }

  function treat(session: Session, bytes: Uint8Array, isBinary: boolean): Promise<void> | undefined {
    let message: unknown;
    try {
      const { MAX_MESSAGE_BYTES, MAX_DEPTH } = stage.limits;
      if (bytes.length > MAX_MESSAGE_BYTES)
        throw new Refusal('MESSAGE_TOO_LARGE', { limit: MAX_MESSAGE_BYTES });
      message = session.receiver.dialect.framing.decode(bytes, isBinary);
      inspect(message, MAX_DEPTH);
    } catch (error) {
      // What cannot be understood counts, too: otherwise it would be the cheapest way to keep a server busy.
      if (admitted(session, 'commands', 1)) fail(session, error, message);
      return undefined;
    }
    return run(session, message, bytes.length);
  }

  function run(session: Session, message: unknown, size: number): Promise<void> | undefined {
    let type: CommandType;
    try {
      type = typeOf(message);
    } catch (error) {
      if (admitted(session, 'commands', 1)) fail(session, error, message);
      return undefined;
    }
    const treatment = table[type] as Treatment<CommandType>;
    options.onReceived(type, size);
    if (!admitted(session, treatment.bucket, treatment.cost?.(message as object as never) ?? 1, message)) {
      return undefined;
    }
    try {
      if (options.closing()) throw new Refusal('SHUTTING_DOWN');
      if (session.phase.kind === 'arriving' && treatment.anonymous === undefined) {
        throw new Refusal('UNAUTHENTICATED');
      }
      const outcome = treatment.handle(stage, session, validated(type, message) as never, size);
      return outcome?.catch((error: unknown) => fail(session, error, message));
    } catch (error) {
      fail(session, error, message);
      return undefined;
    }
  }

  function admitted(
    session: Session,
    bucket: 'commands' | 'stream',
    cost: number,
    message?: unknown,
  ): boolean {
    const { limiter } = session;
    const admission = limiter.admit(bucket, cost, stage.monotonic());
    if (admission === 'ok') return true;
    if (admission === 'flood') options.onFlood(session);
    const refusal = new Refusal('RATE_LIMITED', { retryAfterMs: limiter.retryAfterMs });
    if (admission === 'limited-tell') fail(session, refusal, message);
    else options.onRefused(session, refusal);
    return false;
  }

  function fail(session: Session, error: unknown, message: unknown): void {
    const refusal = error instanceof Refusal ? error : new Refusal('INTERNAL');
    const event = errorEvent(refusal, message);
    if (refusal !== error) options.onFault(error, event.op);
    options.onRefused(session, refusal);
    stage.answer(session, event, event.roomId);
  }

  return { receive, wait };
}

/** The error that answers a message, with what can be told of the message. */
function errorEvent(refusal: Refusal, message: unknown): Extract<DirectEvent, { type: 'error' }> {
  const { code, details } = refusal;
  const event: Extract<DirectEvent, { type: 'error' }> = {
    type: 'error',
    code,
    message: refusal.message,
    details,
  };
  if (!isPlainObject(message)) return event;
  const { type, ref, roomId, opId } = message;
  if (typeof type === 'string' && type.length <= 200) event.op = type;
  if (isId(ref) || Number.isInteger(ref)) event.ref = ref as Ref;
  if (isId(roomId)) event.roomId = roomId;
  if (isId(opId)) event.opId = opId;
  return event;
}
