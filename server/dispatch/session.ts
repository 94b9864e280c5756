import type { UserPresence } from '../../protocol/index.ts';
import type { Claimed } from '../fanout/position.ts';
import type { Receiver } from '../fanout/receiver.ts';
import type { SmallMap } from '../small-map.ts';
import type { Line } from './line.ts';
import type { Principal } from './principal.ts';
import type { Limiter } from './rate-limit.ts';

/**
 * One connection's stay. Its phase has only the fields that it can have:
 * - `arriving`: no principal yet; has until `deadline` (monotonic) to show a token;
 * - `open`: speaks for its principal;
 * - `lost`: its connection broke without a goodbye; its memberships live on until `graceEnds` (monotonic);
 * - `ended`.
 */
export interface Session {
  /** The connection's id. */
  readonly id: string;
  readonly receiver: Receiver;
  readonly limiter: Limiter;
  readonly line: Line;
  /** What it is counted as: `websocket`, `event-stream` or `http`. */
  readonly transport: string;
  /** For logs: never a token. */
  readonly address: string;
  phase: Phase;
  /** By room. */
  readonly memberships: SmallMap<string, Membership>;
  /** The room that it hears without being in it, and what it has of it, until that has been made up for. */
  hears: { readonly roomId: string; since: Claimed | undefined } | undefined;
  /** When anything was last heard of it; wall clock, for presence. */
  lastSeen: number;
  /** The same, monotonic: for the grace. */
  heardAt: number;
  /** It is sent to another node: what it still says it says again there. */
  isDeparting: boolean;
  /** Messages behind a decision that is still being taken, in order; undefined: none is. */
  inbox: { message: unknown; size: number }[] | undefined;
}

export type Phase =
  | { kind: 'arriving'; deadline: number }
  | { kind: 'open'; principal: Principal; warned: boolean }
  | { kind: 'lost'; principal: Principal; graceEnds: number }
  | { kind: 'ended' };

/** A session's place in a room. */
export interface Membership {
  readonly roomId: string;
  readonly userId: string;
  /** As it was given last. */
  user: UserPresence & { userId: string };
  /** `joining`: the entry is on its way through the log. */
  phase: 'joining' | 'joined' | 'leaving';
  mayWrite: boolean;
  /** Things whose cameras it sends and gets. */
  viewing: ReadonlySet<string>;
  /** When the lock of a thing runs out (monotonic), unless a heartbeat renews it; undefined: it never held one. */
  locks: Map<string, number> | undefined;
}
