import type { JsonObject } from '../../protocol/index.ts';

/** What stands in the log of a tracked session. */
export type SessionEntry =
  | { type: 'start'; at: number; externalUserId: string; metadata?: JsonObject }
  | { type: 'events'; at: number; events: readonly JsonObject[]; key?: string }
  | { type: 'submit'; at: number };

/** Where the events of a batch begin and end. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** All that its entries lead to. */
export interface SessionState {
  readonly externalUserId: string;
  readonly metadata: JsonObject | undefined;
  readonly startedAt: number;
  submittedAt: number | undefined;
  events: JsonObject[];
  /** Of each key. */
  readonly batches: Map<string, Stretch>;
}

/** What an entry came to. */
export interface Folded {
  /** Undefined: it has not been started. */
  readonly state: SessionState | undefined;
  /** Whether the session began with it. */
  readonly isNew?: boolean;
  /** Where its events stand; undefined: they were not taken, as it was submitted before. */
  readonly stretch?: Stretch | undefined;
}

/** Brings a session from one entry to the next. Another process may have appended what comes between. */
export function fold(state: SessionState | undefined, entry: SessionEntry): Folded {
  if (entry.type === 'start') {
    if (state !== undefined) return { state, isNew: false };
    const { externalUserId, metadata, at } = entry;
    const begun = { submittedAt: undefined, events: [], batches: new Map() };
    return { state: { externalUserId, metadata, startedAt: at, ...begun }, isNew: true };
  }
  if (state === undefined) return { state };
  if (entry.type === 'events') return { state, stretch: add(state, entry) };
  state.submittedAt ??= entry.at;
  return { state };
}

function add(
  { submittedAt, events, batches }: SessionState,
  entry: Extract<SessionEntry, { type: 'events' }>,
): Stretch | undefined {
  const known = entry.key === undefined ? undefined : batches.get(entry.key);
  if (known !== undefined || submittedAt !== undefined) return known;
  const stretch = { from: events.length, to: events.length + entry.events.length };
  // One by one: as arguments, many are too many.
  for (const one of entry.events) events.push(one);
  if (entry.key !== undefined) batches.set(entry.key, stretch);
  return stretch;
}
