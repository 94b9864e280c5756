import type { Clock } from '../clock.ts';
import type { Served } from '../fanout/flushes.ts';
import type { Nodes } from '../log/nodes.ts';

export interface StayEndsOptions {
  readonly clock: Clock;
  readonly nodeId: string;
  readonly nodes: Pick<Nodes, 'gone'>;
  /** Whether nobody has taken the stay since that node had it. */
  isHeldBy(pid: string, node: string): boolean;
  /** The time of a stay without a connection is over. */
  onEnd(pid: string): void;
}

/** By room. */
export type ServedRooms = ReadonlyMap<string, Served>;

interface End {
  /** Monotonic. */
  readonly at: number;
  readonly node: string;
  readonly served: ServedRooms | undefined;
}

/** Who is away for longer has to join anew. */
const KEPT_MS = 120_000;

/** When stays without a connection end, unless somebody comes back to them before. */
export class StayEnds {
  readonly #options: StayEndsOptions;
  /** All wait equally long, so they stand in the order in which they end. */
  readonly #ends = new Map<string, End>();

  constructor(options: StayEndsOptions) {
    this.#options = options;
  }

  /** @param node that held it; @param served how its rooms served its last connection */
  begin(pid: string, node: string, served?: ServedRooms): void {
    // It may have come back meanwhile where nobody here was told, and is away again.
    this.#ends.delete(pid);
    this.#ends.set(pid, { at: this.#options.clock.monotonic() + KEPT_MS, node, served });
  }

  cancel(pid: string): void {
    this.#ends.delete(pid);
  }

  /** How its rooms served its last connection, which a node had; undefined: it is not known here. */
  servedBefore(pid: string, node: string): ServedRooms | undefined {
    const end = this.#ends.get(pid);
    return end?.node === node ? end.served : undefined;
  }

  /** To be called about once a second. */
  sweep(): void {
    const { clock, nodeId, isHeldBy, onEnd } = this.#options;
    const now = clock.monotonic();
    const others: Held[] = [];
    for (const [pid, { at, node }] of this.#ends) {
      if (at > now) break;
      this.#ends.delete(pid);
      if (!isHeldBy(pid, node)) continue;
      if (node === nodeId) onEnd(pid);
      else others.push([pid, node]);
    }
    if (others.length > 0) void this.#endOthers(others);
  }

  async #endOthers(held: readonly Held[]): Promise<void> {
    const { nodes, isHeldBy, onEnd } = this.#options;
    const still = () => held.filter(([pid, node]) => isHeldBy(pid, node));
    try {
      // A node that was only taken for dead may have come back, and holds them still.
      const gone = new Set(await nodes.gone([...new Set(held.map(([, node]) => node))]));
      for (const [pid, node] of still()) if (gone.has(node)) onEnd(pid);
    } catch {
      // The store is away: later, then.
      for (const [pid, node] of still()) this.begin(pid, node);
    }
  }
}

type Held = readonly [pid: string, node: string];
