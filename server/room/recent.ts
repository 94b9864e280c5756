import type { OperationsEffect, Recoverable } from './effect.ts';

/** An ordered event, the `offset` of its entry, and how much it counts. */
export interface RecentEvent {
  offset: number;
  bytes: number;
  event: Recoverable;
}

export type RecentOther = RecentEvent & { event: Exclude<Recoverable, { kind: 'operations' }> };

/**
 * The latest ordered events, for those who come back. `since` is the offset through which events are no
 * longer kept: who has seen at least that much can be served from here.
 */
export interface Recent {
  events: RecentEvent[];
  since: number;
  bytes: number;
  /** The scene's version at `since`. */
  sinceVersion: number;
}

export function emptyRecent(): Recent {
  return { events: [], since: 0, bytes: 0, sinceVersion: 0 };
}

export function keep(recent: Recent, one: RecentEvent, most: { events: number; bytes: number }): void {
  recent.events.push(one);
  recent.bytes += one.bytes;
  if (recent.events.length <= most.events && recent.bytes <= most.bytes) return;
  // Dropped by the quarter, so that the cost of moving the rest is paid rarely.
  let count = 0;
  const target = { events: most.events * 0.75, bytes: most.bytes * 0.75 };
  while (recent.events.length - count > target.events || recent.bytes > target.bytes) {
    const dropped = recent.events[count];
    if (dropped === undefined) break;
    recent.bytes -= dropped.bytes;
    recent.since = dropped.offset;
    if (dropped.event.kind === 'operations') recent.sinceVersion = dropped.event.toVersion;
    count += 1;
  }
  recent.events.splice(0, count);
}

/** The offset of the latest event: whatever else was logged since changed nothing that is kept. */
export function latestOffset(recent: Recent): number {
  return recent.events.at(-1)?.offset ?? recent.since;
}

/** The events after an offset, operations aside; undefined where some of them are no longer kept. */
export function othersAfter(recent: Recent, offset: number): RecentOther[] | undefined {
  if (offset < recent.since) return undefined;
  return recent.events.filter(
    (one): one is RecentOther => one.offset > offset && one.event.kind !== 'operations',
  );
}

/** What leads the scene from a version to the present one; undefined where some of it is no longer kept, or
 * the version lies inside of a command that was applied as a whole. */
export function deltasAfter(recent: Recent, version: number): OperationsEffect[] | undefined {
  if (version < recent.sinceVersion) return undefined;
  const deltas: OperationsEffect[] = [];
  for (const { event } of recent.events) {
    if (event.kind !== 'operations' || event.toVersion <= version) continue;
    if (event.fromVersion < version) return undefined;
    deltas.push(event);
  }
  return deltas;
}
