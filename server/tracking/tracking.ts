import { isDeepStrictEqual } from 'node:util';
import type {
  Ingested,
  Publication,
  SessionEvents,
  SessionGiven,
  TrackedSession,
} from '../../protocol/http/index.ts';
import { type JsonObject, Refusal } from '../../protocol/index.ts';
import type { Log } from '../log/log.ts';
import { ownName } from '../own-name.ts';
import { type OpenSession, SessionLogs, type Shown } from './session-log.ts';
import type { SessionState } from './session-state.ts';

export interface TrackingOptions {
  log: Log;
  now(): number;
  newId(): string;
  /** Publishes to the project's room, once for each key. */
  publish(roomId: string, publication: Publication, by: string): Promise<unknown>;
  maxEvents: number;
  /** So many keys of a session a room knows at least. */
  keptKeys: number;
}

/**
 * Sessions that a tracking backend records, and that a project's owner watches. Everything is durable before it
 * is shown, and may be tried again: what was done is not done twice.
 */
export interface Tracking {
  /** `isNew`: false where a session of this id was started before. Rejects with CONFLICT where that is another's. */
  start(projectId: string, given: SessionGiven): Promise<{ session: TrackedSession; isNew: boolean }>;
  /** Rejects with NOT_FOUND, SESSION_SUBMITTED, LIMIT_EXCEEDED. */
  ingest(
    projectId: string,
    sessionId: string,
    events: readonly JsonObject[],
    idempotencyKey?: string,
  ): Promise<Ingested>;
  /** Rejects with NOT_FOUND. */
  submit(projectId: string, sessionId: string): Promise<TrackedSession>;
  /** A page of the events. `limit`: 1000 by default. Rejects with NOT_FOUND. */
  events(
    projectId: string,
    sessionId: string,
    page?: { after?: number; limit?: number },
  ): Promise<SessionEvents>;
}

/** The first so many events of each batch are shown live. */
const SHOWN_EVENTS = 10;
/** While so much could not be shown, no more events wait for it. */
const MOST_UNSHOWN = 100;
/** Whose the idempotency keys are, each session's its own. */
const TRACKING = ownName('tracking ');

export function createTracking(options: TrackingOptions): Tracking & { close(): Promise<void> } {
  const { now, newId, publish, maxEvents, keptKeys } = options;
  const logs = new SessionLogs(options.log);
  /** Whether what was shown before so many later events is surely known still: else it would be heard again, late. */
  const isKnown = (later: number) => later === 0 || later + SHOWN_EVENTS + 2 <= keptKeys;

  /**
   * Shows events to those who watch the project. A repeat shows again what an earlier attempt may not have come
   * to: keys keep it from being heard twice. What cannot be shown now is shown with what comes next of the session,
   * for it is stored: to refuse the request would have it stored twice.
   */
  async function show(projectId: string, sessionId: string, open: OpenSession, more: Shown[]): Promise<void> {
    const due = [...open.unshown, ...more];
    // All at once: they are appended in this order.
    const shown = await Promise.allSettled(
      due.map(({ event, key, data }) => {
        const publication = { event, data: { sessionId, ...data }, idempotencyKey: key };
        return publish(`project:${projectId}`, publication, TRACKING + sessionId);
      }),
    );
    open.unshown = due.filter((_, index) => {
      const one = shown[index];
      return one?.status === 'rejected' && !isFinal(one.reason);
    });
  }

  return {
    start(projectId, { sessionId = newId(), externalUserId, metadata }) {
      return logs.use(projectId, sessionId, async (open) => {
        const start = { type: 'start', at: now(), externalUserId } as const;
        const { isNew = false } =
          open.state === undefined
            ? await open.append(metadata === undefined ? start : { ...start, metadata })
            : {};
        const state = started(open);
        const isSame = state.externalUserId === externalUserId && isDeepStrictEqual(state.metadata, metadata);
        if (!isNew && !isSame)
          throw new Refusal('CONFLICT', { path: 'sessionId' }, 'There is another session of this id.');
        const data = { externalUserId, timestamp: timeOf(state.startedAt) };
        const shown = isKnown(state.events.length) ? [{ event: 'session-started', key: 'start', data }] : [];
        await show(projectId, sessionId, open, shown);
        return { session: describe(projectId, sessionId, state), isNew };
      });
    },
    ingest(projectId, sessionId, events, key) {
      return logs.use(projectId, sessionId, async (open) => {
        const state = started(open);
        let stretch = key === undefined ? undefined : state.batches.get(key);
        if (stretch === undefined) {
          if (state.submittedAt !== undefined) throw new Refusal('SESSION_SUBMITTED');
          if (state.events.length + events.length > maxEvents)
            throw new Refusal('LIMIT_EXCEEDED', { limit: 'MAX_SESSION_EVENTS' });
          const entry = { type: 'events', at: now(), events } as const;
          ({ stretch } = await open.append(key === undefined ? entry : { ...entry, key }));
        }
        // At another node, meanwhile.
        if (stretch === undefined) throw new Refusal('SESSION_SUBMITTED');
        const { from, to } = stretch;
        const { externalUserId } = state;
        const isShown = isKnown(state.events.length - to) && open.unshown.length < MOST_UNSHOWN;
        const end = isShown ? Math.min(to, from + SHOWN_EVENTS) : from;
        const shown = state.events.slice(from, end).map((event, index) => ({
          event: 'event-received',
          key: String(from + index),
          data: { externalUserId, event },
        }));
        await show(projectId, sessionId, open, shown);
        return { sessionId, accepted: to - from, total: to };
      });
    },
    submit(projectId, sessionId) {
      return logs.use(projectId, sessionId, async (open) => {
        if (started(open).submittedAt === undefined) await open.append({ type: 'submit', at: now() });
        const state = started(open);
        const { externalUserId, submittedAt = now() } = state;
        const data = { externalUserId, submitted: true, timestamp: timeOf(submittedAt) };
        await show(projectId, sessionId, open, [{ event: 'session-ended', key: 'end', data }]);
        return describe(projectId, sessionId, state);
      });
    },
    events(projectId, sessionId, { after = 0, limit = 1000 } = {}) {
      return logs.use(projectId, sessionId, async (open) => {
        const state = started(open);
        const events = state.events.slice(after, after + limit);
        const next = after + events.length;
        const page = { ...describe(projectId, sessionId, state), events };
        return next < state.events.length ? { ...page, next } : page;
      });
    },
    close: () => logs.close(),
  };
}

/** It is larger than a message may be: no later attempt shows it. */
function isFinal(reason: unknown): boolean {
  return reason instanceof Refusal && reason.code === 'INVALID_FIELD';
}

function started({ state }: OpenSession): SessionState {
  if (state === undefined) throw new Refusal('NOT_FOUND', {}, 'There is no such session.');
  return state;
}

function describe(projectId: string, sessionId: string, state: SessionState): TrackedSession {
  const { externalUserId, metadata, startedAt, submittedAt, events } = state;
  return {
    projectId,
    sessionId,
    externalUserId,
    ...(metadata === undefined ? {} : { metadata }),
    startedAt: timeOf(startedAt),
    ...(submittedAt === undefined ? {} : { submittedAt: timeOf(submittedAt) }),
    submitted: submittedAt !== undefined,
    total: events.length,
  };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
