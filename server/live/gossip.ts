import type { SignalEvent } from '../dialect/events.ts';
import type { RoomState } from '../room/state.ts';

export interface GossipOptions {
  /** Absent where no other node can hold the room. */
  readonly tell: ((text: string) => void) | undefined;
  readonly nodeId: string;
  readonly state: RoomState;
  /** Of a connection of this node. */
  lastSeen(connectionId: string): number | undefined;
  onSignals(signals: readonly SignalEvent[]): void;
}

/** What nodes tell each other of a room beside its entries; nothing of it is kept, and any of it may be lost. */
interface Told {
  readonly signals?: readonly SignalEvent[];
  /** When connections were heard of last, wall clock. */
  readonly seen?: Readonly<Record<string, number>>;
}

/** Sweeps between two tellings of who was seen when: 10 s. */
const SWEEPS = 10;

/** What the nodes that hold a room tell each other, so that signals reach everybody in it. */
export class Gossip {
  readonly #options: GossipOptions;
  /** Connections of other nodes. */
  #seen = new Map<string, number>();
  #sweeps = 0;

  constructor(options: GossipOptions) {
    this.#options = options;
  }

  /** What connections of this node signalled within a tick: one message. */
  signals(signals: readonly SignalEvent[]): void {
    const { tell, lastSeen } = this.#options;
    if (tell === undefined) return;
    const own = signals.filter(({ connectionId }) => lastSeen(connectionId) !== undefined);
    if (own.length > 0) tell(JSON.stringify({ signals: own } satisfies Told));
  }

  hear(text: string): void {
    const { signals = [], seen = {} } = JSON.parse(text) as Told;
    for (const [connection, at] of Object.entries(seen)) this.#seen.set(connection, at);
    const { members } = this.#options.state;
    const known = signals.filter(({ userId, connectionId }) =>
      members.get(userId)?.sessions.has(connectionId),
    );
    if (known.length > 0) this.#options.onSignals(known);
  }

  lastSeen(connectionId: string): number | undefined {
    return this.#options.lastSeen(connectionId) ?? this.#seen.get(connectionId);
  }

  /** To be called about once a second. */
  sweep(): void {
    const { tell, nodeId, state, lastSeen } = this.#options;
    this.#sweeps += 1;
    if (tell === undefined || this.#sweeps % SWEEPS !== 0) return;
    const own: Record<string, number> = {};
    const others = new Map<string, number>();
    for (const { sessions } of state.members.values()) {
      for (const [connection, node] of sessions) {
        const at = node === nodeId ? lastSeen(connection) : this.#seen.get(connection);
        if (at === undefined) continue;
        if (node === nodeId) own[connection] = at;
        else others.set(connection, at);
      }
    }
    // Those of connections that have left are forgotten.
    this.#seen = others;
    if (Object.keys(own).length > 0) tell(JSON.stringify({ seen: own } satisfies Told));
  }
}
