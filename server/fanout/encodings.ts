import { type Dialect, renderDirect, renderRoom } from '../dialect/dialect.ts';
import type { DirectEvent, Ref, RoomEvent, RoomView } from '../dialect/events.ts';
import type { Place } from '../room/place.ts';

/** Stands where a ref will be: no id can hold it, and what users wrote comes behind. */
const PLACEHOLDER = '\u0000ref';
const QUOTED_PLACEHOLDER = JSON.stringify(PLACEHOLDER);

/** Those who come back together were lost together; others are served one by one. */
const MOST_KEPT = 32;

/** A process that serves a crowd may be busy for longer than a second between two of them. */
const KEPT_SWEEPS = 5;

const utf8 = new TextEncoder();

/**
 * What several receivers of a room get alike, encoded once for each dialect as long as the room stands where
 * it stood: five hundred who come at once cost one encoding.
 */
export class Encodings {
  readonly #view: RoomView;
  // Made where they are needed: most rooms are quiet most of the time.
  #atPlace: Made | undefined;
  #inFlush: Made | undefined;
  #place: Place | undefined;
  /** Times that nobody had asked for what is kept. */
  #unused = 0;

  constructor(view: RoomView) {
    this.#view = view;
  }

  /** To be called before anything is asked for: forgets what is outdated. */
  at(place: Place): void {
    this.#inFlush = undefined;
    if (this.#place?.offset !== place.offset || this.#place.version !== place.version) {
      this.#atPlace = undefined;
    }
    this.#place = place;
  }

  /** To be called about once a second: forgets what nobody has asked for the last few times. */
  sweep(): void {
    this.#unused += 1;
    if (this.#unused > KEPT_SWEEPS) this.#atPlace = undefined;
  }

  /** Who is there and what is selected: that does not stand or fall with the place. */
  present(dialect: Dialect): string[] {
    this.#inFlush ??= new Map();
    return once(this.#inFlush, dialect.name, () =>
      present.flatMap((event) => renderRoom(dialect, event, this.#view, 0)).map(({ text }) => text),
    );
  }

  /** What leads from a place to where the room stands. */
  since<T>({ version, offset }: Place, dialect: Dialect, make: () => T): T {
    if ((this.#atPlace?.size ?? 0) >= MOST_KEPT) return make();
    return this.#once(`${dialect.name} since ${version} ${offset}`, make);
  }

  /** The whole state as finished frames. */
  state(dialect: Dialect, offset: number): readonly Uint8Array[] {
    const make = () => {
      const encoded = renderDirect(dialect, { type: 'state', offset }, this.#view);
      return dialect.framing.frames(encoded).map((frame) => utf8.encode(frame));
    };
    const key = `${dialect.name} state`;
    if (!dialect.vocabulary.stateNamesMembers) return this.#once(key, make);
    this.#inFlush ??= new Map();
    return once(this.#inFlush, key, make);
  }

  /** The whole state as the answer to a request, for which only the ref is filled in. */
  answer(dialect: Dialect, event: Extract<DirectEvent, { type: 'sync' }>): string[] {
    const { ref, ...rest } = event;
    if (ref === undefined || dialect.framing.isUnanswered?.(ref) === true) {
      return this.#once(`${dialect.name} answer`, () => this.#direct(dialect, rest));
    }
    const withPlaceholder = this.#once(`${dialect.name} answer with ref`, () =>
      this.#direct(dialect, { ...rest, ref: PLACEHOLDER }),
    );
    if (!withPlaceholder.some((one) => one.includes(QUOTED_PLACEHOLDER))) return this.#direct(dialect, event);
    return withPlaceholder.map((one) => filledIn(one, ref));
  }

  #once<T>(key: string, make: () => T): T {
    this.#unused = 0;
    this.#atPlace ??= new Map();
    return once(this.#atPlace, key, make);
  }

  #direct(dialect: Dialect, event: DirectEvent): string[] {
    return renderDirect(dialect, event, this.#view);
  }
}

const present: readonly RoomEvent[] = [
  { type: 'presence', joined: [], left: [], updated: [] },
  { type: 'selection' },
];

/** By what they are. */
type Made = Map<string, unknown>;

function once<T>(made: Made, key: string, make: () => T): T {
  const before = made.get(key) as T | undefined;
  if (before !== undefined) return before;
  const now = make();
  made.set(key, now);
  return now;
}

function filledIn(encoded: string, ref: Ref): string {
  return encoded.replace(QUOTED_PLACEHOLDER, () => JSON.stringify(ref));
}
