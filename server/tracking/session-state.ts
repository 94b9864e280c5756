import type { JsonObject } from '../../protocol/index.ts';

/** What stands in the log of a tracked session. */
export type SessionEntry =
  | { type: 'start'; at: number; externalUserId: string; metadata?: JsonObject }
  | { type: 'events'; at: number; events: readonly JsonObject[]; key?: string }
  | { type: 'submit'; at: number };

/** All that its entries lead to. */
export interface SessionState {
  readonly externalUserId: string;
  readonly metadata: JsonObject | undefined;
  readonly startedAt: number;
  submittedAt: number | undefined;
  events: JsonObject[];
  /** Where the events of each key begin and end. */
  readonly batches: Map<string, { from: number; to: number }>;
}

/** Brings a session from one entry to the next; undefined: it has not been started. */
export function fold(state: SessionState | undefined, entry: SessionEntry): SessionState | undefined {
  if (entry.type === 'start') {
    const { externalUserId, metadata, at } = entry;
    const begun = { submittedAt: undefined, events: [], batches: new Map() };
    return state ?? { externalUserId, metadata, startedAt: at, ...begun };
  }
  if (state === undefined) return undefined;
  if (entry.type === 'submit') state.submittedAt ??= entry.at;
  else if (entry.key === undefined || !state.batches.has(entry.key)) {
    const from = state.events.length;
    // One by one: as arguments, many are too many.
    for (const one of entry.events) state.events.push(one);
    if (entry.key !== undefined) state.batches.set(entry.key, { from, to: state.events.length });
  }
  return state;
}
