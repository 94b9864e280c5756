import type { Message } from '../support/wire.ts';
import type { ModelRoom, Stretch } from './model-room.ts';

/** A command as it was sent, and what the client has to know when it is answered. */
export interface Sent {
  readonly command: Message;
  /** join with `since`: what is known at that place. */
  claimed?: ModelRoom;
  /** The claim is a false one: only the whole state answers it. */
  isFalse?: boolean;
  /** requestSync: what is known at that version. */
  from?: ModelRoom;
}

/** What a user was answered for an opId, wherever it was asked. */
export type Outcomes = Map<string, string>;

export interface Surroundings {
  readonly stretches: Stretch[];
  readonly outcomes: Outcomes;
  trace(line: string): void;
}

const retryable = new Set(['LOG_UNAVAILABLE', 'OVERLOADED', 'NOT_JOINED', 'RATE_LIMITED', 'ROOM_REQUIRED']);

/** Fails where a repeat of an opId is answered otherwise than the first. */
export function checkOnce(outcomes: Outcomes, userId: string, command: Message, answer: Message): void {
  if (retryable.has(answer.code)) return;
  const { type, code, version, id } = answer;
  const told = JSON.stringify({ type, code, version, id });
  const key = `${command.roomId} ${userId} ${command.opId}`;
  const first = outcomes.get(key) ?? told;
  if (first !== told) throw new Error(`[XO1] ${key} was answered ${first}, then ${told}`);
  outcomes.set(key, told);
}

/** Fails where a thing is selected by nobody, or by somebody twice. */
export function checkSelected(selected: Record<string, string[]>): void {
  for (const [thing, users] of Object.entries(selected)) {
    if (users.length === 0 || new Set(users).size < users.length) {
      throw new Error(`[SL6] ${thing} is selected by ${JSON.stringify(users)}`);
    }
  }
}
