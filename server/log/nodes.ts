/** The processes that share a store, as far as one of them knows. */
export interface Nodes {
  /** How many others there are, as of the last beat; a newcomer makes all beat. */
  readonly others: number;
  /** Of these, those that are known to be gone: what they held is nobody's any more. Rejects with a LogError. */
  gone(nodes: readonly string[]): Promise<string[]>;
  /** Undefined: there are no others. */
  readonly mail: Mail | undefined;
  /** Leaves without a word: what this node held was given up before. */
  close(): Promise<void>;
}

/** The way from one node to another. What is sent reaches its node once, or not at all. */
export interface Mail {
  /** The others that were alive when this was last looked after, which a newcomer asks for. */
  others(): ReadonlySet<string>;
  /** To one node, or to `everybody` else. Never rejects. */
  send(to: string, message: Uint8Array): Promise<Delivery>;
}

/** Every node but the one that sends. */
export const everybody = '*';

/**
 * - `heard`: somebody listens there, who gets it unless its connection breaks in this moment;
 * - `unheard`: nobody listens there;
 * - `unsent`: the store cannot be reached, so nobody gets it;
 * - `unsure`: no answer came, so it may have been heard.
 */
export type Delivery = 'heard' | 'unheard' | 'unsent' | 'unsure';

/** What a node is told of the others. None may throw. */
export interface NodeEvents {
  /** For each node that died, at least once. */
  onGone(node: string): void;
  /**
   * One that died has left something undone, which this node alone is to do. Settles when that is done; false, or a
   * rejection: it is not, and asked for again.
   */
  onLeft(node: string): Promise<boolean>;
  /** What another has sent. The bytes are the listener's. */
  onMail(message: Buffer): void;
}

/** Where a store is one process's own: whoever held something in it before is gone. */
export function alone(nodeId: string): Nodes {
  return {
    others: 0,
    gone: async (nodes) => nodes.filter((node) => node !== nodeId),
    mail: undefined,
    close: async () => {},
  };
}
