import type { Operation } from '../../protocol/index.ts';
import { apply } from '../../server/room/apply.ts';
import type { Effect } from '../../server/room/effect.ts';
import type { Answer, Entry, EntryOf } from '../../server/room/entry.ts';
import { emptyRoom, type RoomState } from '../../server/room/state.ts';
import type { Life } from './chronicle.ts';
import { LockLines } from './lock-lines.ts';

/** What a log tells when it is folded from its first entry. */
export interface Told {
  state: RoomState;
  /** All chat messages and events ever; `from`: the connection that need not hear of it. */
  sent: { offset: number; id: string; from: string | undefined }[];
  /** The first answers to opIds that were accepted, by user and opId. */
  accepted: Map<string, object>;
  /** Who has selected what. */
  selected: Record<string, string[]>;
}

export type Look = (state: RoomState, effects: readonly Effect[], locks: LockLines) => void;

/**
 * @param look - is shown where the log stands after each entry
 * Throws where a lock was not heeded, or a command was applied twice. [SL3] [XO1]
 */
export function told({ roomId, entries }: Life, look: Look = () => {}): Told {
  const state = emptyRoom();
  const sent: Told['sent'] = [];
  const accepted: Told['accepted'] = new Map();
  const locks = new LockLines();
  for (const text of entries) {
    const entry = JSON.parse(text) as Entry;
    const effects = apply(state, entry);
    const answer = effects.find((one) => one.kind === 'answer')?.answer;
    const event = effects.find((one) => ['text', 'message', 'event', 'operations'].includes(one.kind));
    const shown = effects.find((one) => one.kind === 'operations')?.operations;
    if (entry.type === 'sceneOperation') checkLocks(locks, entry, answer, shown && entry.operations);
    // What does not fit is left out, locked or not.
    if (entry.type === 'relay') checkLocks(locks, entry, answer, shown);
    if (answer?.ok !== false) locks.take(entry);
    look(state, effects, locks);
    for (const one of effects) {
      const { offset } = state;
      if (one.kind === 'message') sent.push({ offset, id: one.message.id, from: undefined });
      if (one.kind === 'event')
        sent.push({ offset, id: one.id, from: one.toAll ? undefined : one.connectionId });
    }
    if (event === undefined || answer === undefined || !('opId' in entry) || entry.opId === undefined)
      continue;
    const key = `${roomId} ${entry.by.userId} ${entry.opId}`;
    if (accepted.has(key)) throw new Error(`[XO1] ${key} was applied twice`);
    accepted.set(key, answer);
  }
  return { state, sent, accepted, selected: locks.selected() };
}

/** What is applied is on what the author holds or nobody does; what is refused over a lock is not. */
function checkLocks(
  locks: LockLines,
  entry: EntryOf<'sceneOperation' | 'relay'>,
  answer: Answer | undefined,
  applied: readonly Operation[] = [],
): void {
  const isLocked = (operations: readonly Operation[]) =>
    locks.lockedForUser(
      entry.by.userId,
      operations.map(({ target, id }) => (target === 'item' ? id : undefined)),
    );
  const isRefused = answer?.ok === false && answer.code === 'CONFLICT' && entry.opId === undefined;
  if (isLocked(applied) || (isRefused && !isLocked(entry.operations ?? []))) {
    throw new Error(`[SL3] ${JSON.stringify(entry)} was answered ${JSON.stringify(answer)}`);
  }
}
