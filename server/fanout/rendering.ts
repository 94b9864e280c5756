import { type Dialect, renderRoom, renderSignal } from '../dialect/dialect.ts';
import type { RoomEvent, RoomView, SignalEvent } from '../dialect/events.ts';
import type { Place } from './position.ts';

/** An encoded message of a flush. */
export interface Part {
  text: string;
  /** Whose own it is. */
  from: string | undefined;
  /** Users and connections that shall not hear it. */
  exclude: readonly string[] | undefined;
  /** The only viewers that it is for. */
  thing: string | undefined;
  /** What a receiver has that got everything before it. */
  before: Place;
}

/**
 * The events of one flush, rendered at most once per dialect.
 *
 * @param before where the room stood at the last flush
 * @param after where it stands now
 */
export function createRendering(
  view: RoomView,
  events: readonly RoomEvent[],
  signals: readonly SignalEvent[],
  before: Place,
  after: Place,
): (dialect: Dialect) => readonly Part[] {
  const done = new Map<string, Part[]>();
  return (dialect) => {
    const ready = done.get(dialect.name);
    if (ready !== undefined) return ready;
    const parts: Part[] = [];
    for (const event of events) {
      const place = placeBefore(event, before, after);
      for (const { text, from, exclude } of renderRoom(dialect, event, view, before.version)) {
        parts.push({ text, from, exclude, thing: undefined, before: place });
      }
    }
    for (const signal of signals) {
      const from = signal.connectionId;
      for (const text of renderSignal(dialect, signal, view)) {
        parts.push({ text, from, exclude: undefined, thing: signal.thing, before: after });
      }
    }
    done.set(dialect.name, parts);
    return parts;
  };
}

function placeBefore(event: RoomEvent, before: Place, after: Place): Place {
  if (event.type === 'delta') return { version: before.version, offset: after.offset };
  const offset = 'offset' in event ? event.offset - 1 : before.offset;
  return { version: before.version, offset };
}
