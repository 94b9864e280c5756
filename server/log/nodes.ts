/** The processes that share a store, as far as one of them knows. */
export interface Nodes {
  /** How many others there are, as of the last beat. */
  readonly others: number;
  /** Of these, those that are known to be gone: what they held is nobody's any more. Rejects with a LogError. */
  gone(nodes: readonly string[]): Promise<string[]>;
  /** Leaves without a word: what this node held was given up before. */
  close(): Promise<void>;
}

/** Where a store is one process's own: whoever held something in it before is gone. */
export function alone(nodeId: string): Nodes {
  return {
    others: 0,
    gone: async (nodes) => nodes.filter((node) => node !== nodeId),
    close: async () => {},
  };
}
