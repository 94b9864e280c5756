import type { RoomEvent } from '../dialect/events.ts';
import type { Departed, Effect, OperationsEffect, Recoverable } from '../room/effect.ts';
import type { Place } from '../room/place.ts';
import { deltaOf } from './delta.ts';

type OtherEvent = Exclude<RoomEvent, { type: 'delta' | 'presence' | 'selection' }>;

/** What has happened in a room since its last flush, as far as all shall hear of it. */
export interface Pending {
  joined: Set<string>;
  left: Map<string, Departed>;
  updated: Set<string>;
  selection: boolean;
  operations: OperationsEffect[];
  /** Texts, messages, published and relayed events, in order. */
  others: OtherEvent[];
  /** Of the latest entry by which somebody came or went. */
  comingOffset?: number;
}

export function emptyPending(): Pending {
  return {
    joined: new Set(),
    left: new Map(),
    updated: new Set(),
    selection: false,
    operations: [],
    others: [],
  };
}

/** @param offset of the entry that the effect follows from */
export function absorb(pending: Pending, effect: Effect, offset: number): void {
  switch (effect.kind) {
    case 'members':
      if (effect.updated === undefined) pending.comingOffset = offset;
      return absorbMembers(pending, effect);
    case 'selection':
      pending.selection = true;
      return;
    case 'operations':
      pending.operations.push(effect);
      return;
    case 'text':
    case 'message':
    case 'event':
      pending.others.push(eventOf(effect, offset));
  }
}

function absorbMembers(
  pending: Pending,
  { joined, left, updated }: Extract<Effect, { kind: 'members' }>,
): void {
  if (joined !== undefined && !pending.left.delete(joined)) pending.joined.add(joined);
  else if (joined !== undefined) pending.updated.add(joined);
  if (left !== undefined && !pending.joined.delete(left.userId)) pending.left.set(left.userId, left);
  if (left !== undefined) pending.updated.delete(left.userId);
  if (updated !== undefined && !pending.joined.has(updated)) pending.updated.add(updated);
}

/**
 * What whoever has heard a flush has all through: comings and goings, too, but in a room that keeps nothing, and is
 * forgotten with them.
 */
export function through({ version, offset }: Place, pending: Pending | undefined): Place {
  const coming = pending?.comingOffset ?? 0;
  return { version, offset: offset > 0 ? Math.max(offset, coming) : offset };
}

/** Whether the latest entry, of that offset, has a place among the events; what operations led to comes last. */
export function hasPlace({ operations, others }: Pending, offset: number): boolean {
  return operations.length === 0 || others.at(-1)?.offset === offset;
}

/** The events of a flush, in the order in which they leave; the delta last, for its offset covers the rest. */
export function eventsOf(pending: Pending, offset: number): RoomEvent[] {
  const events: RoomEvent[] = [];
  const { joined, updated, others, operations } = pending;
  const left = [...pending.left.values()];
  // What follows would be skipped by who has heard of this offset.
  const isMark = offset > 0 && others.length + operations.length === 0 && pending.comingOffset !== undefined;
  const mark = isMark ? { offset: pending.comingOffset as number } : {};
  // Who has left may have said something before.
  const [first, last] = others.length > 0 ? [[], left] : [left, []];
  if (joined.size + first.length + updated.size > 0) {
    events.push({ type: 'presence', joined: [...joined], left: first, updated: [...updated], ...mark });
  }
  if (pending.selection) events.push({ type: 'selection' });
  events.push(...others);
  if (last.length > 0) events.push({ type: 'presence', joined: [], left: last, updated: [] });
  const delta = deltaOf(operations, offset);
  if (delta !== undefined) events.push(delta);
  return events;
}

export function eventOf(effect: Exclude<Recoverable, { kind: 'operations' }>, offset: number): OtherEvent {
  switch (effect.kind) {
    case 'text': {
      const { kind: _, by, ...text } = effect;
      return { type: 'text', offset, ...text, userId: by.userId, connectionId: by.connection };
    }
    case 'message':
      return { type: 'message', offset, message: effect.message };
    case 'event': {
      const { kind: _, ...event } = effect;
      return { type: 'published', offset, ...event };
    }
  }
}
