/** Who somebody is, and where. */
export interface Person {
  userId: string;
  roomId: string;
  token: string | undefined;
  /** Which of the target's ports; the first where it is left out. */
  node?: number;
}

/** What to say next, that it is in the room, or why it will never be. */
export type Progress = { say: string } | 'entered' | { refused: string };

/** What a client says once it is connected, and how it goes on. */
export interface Dialogue {
  /** What to say first. */
  readonly opening?: string;
  /**
   * Hears what comes before the client has entered its room.
   *
   * @returns what to say next; undefined: nothing
   */
  heard(text: string): Progress | undefined;
}

/** Text around the microseconds at which it is sent, as often as they stand in it. */
export type Stamped = readonly string[];

/** How clients of one kind talk to a server: enough of a protocol to load it and to count what comes back. */
export interface Speech {
  readonly path: (person: Person) => string;
  readonly protocol?: string;
  readonly headers?: (person: Person) => Record<string, string>;
  readonly enter: (person: Person) => Dialogue;
  /** Comes back to the room where it was left: `since`, as it was found by `standing`. */
  readonly resume?: (person: Person, since: string) => Dialogue;
  /** Where a client stands, to be read from what has come. */
  readonly standing?: (text: string) => string | undefined;
  /** Where somebody is right now. `isLast`: of which all arrive, whatever is merged before. */
  readonly move: (person: Person, isLast: boolean) => Stamped;
  /** Changes something of its own, with an acknowledgement that says when it was sent. */
  readonly edit?: (person: Person, isLast: boolean) => Stamped;
  /** Adds an item, for a large scene. */
  readonly add?: (person: Person, id: string) => string;
  /** What comes back to whoever did it, too. */
  readonly hearsOwn?: readonly ('move' | 'edit')[];
  /** Comes right before the microseconds of each update that is delivered. */
  readonly stamp: string;
  /** Is part of the last ones, and of no others. */
  readonly last: string;
  /** Comes right before the microseconds of an edit that is acknowledged; `^`: at the begin of a frame. */
  readonly acknowledged?: string;
  /** Begins a frame that holds a whole scene. */
  readonly scene?: string;
  /** What is to be answered at once, and with what. */
  readonly ping?: readonly [heard: string, answer: string];
}
