import { type Dialect, renderRoom, renderSignal } from '../dialect/dialect.ts';
import type { RoomEvent, RoomView, SignalEvent } from '../dialect/events.ts';
import type { Told } from './position.ts';

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
  before: Told;
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
  before: Told,
  after: Told,
): (dialect: Dialect) => readonly Part[] {
  const done = new Map<string, Part[]>();
  const told = toldBefore(events, before, after);
  return (dialect) => {
    const ready = done.get(dialect.name);
    if (ready !== undefined) return ready;
    const parts: Part[] = [];
    const said = new Set<string>();
    for (const [index, event] of events.entries()) {
      for (const { text, from, exclude } of renderRoom(dialect, event, view, before.place.version)) {
        // Who is there has been said. Of two equal frames nobody could tell which one was lost.
        if (event.type === 'presence' && said.has(text)) continue;
        if (event.type === 'presence') said.add(text);
        parts.push({ text, from, exclude, thing: undefined, before: told[index] as Told });
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

/** What a receiver has that got all before each of the events. Who came and went is known with the last word of it. */
function toldBefore(events: readonly RoomEvent[], before: Told, after: Told): Told[] {
  const { version } = before.place;
  const lastPresence = events.findLastIndex(({ type }) => type === 'presence');
  let through = before.place.offset;
  return events.map((event, index) => {
    const heard = index > lastPresence ? after.heard : before.heard;
    if (event.type === 'delta') return { place: { version, offset: after.place.offset }, heard };
    if (!('offset' in event)) return { place: { version, offset: through }, heard };
    through = event.offset;
    return { place: { version, offset: event.offset - 1 }, heard };
  });
}
