import { type Delivery, everybody, type Mail } from '../../server/log/nodes.ts';

/** Mail between nodes of one process; can be made to fail. */
export interface TestMail {
  /** @param onMail called in a later turn, in order */
  join(nodeId: string, onMail: (message: Buffer) => void): Mail;
  /** The node neither hears any more nor is known to live. */
  bury(nodeId: string): void;
  /** What becomes of what is sent from now on to a node; undefined: it arrives. */
  fail(nodeId: string, how: Delivery | undefined): void;
}

export function createTestMail(): TestMail {
  const listeners = new Map<string, (message: Buffer) => void>();
  const failing = new Map<string, Delivery>();
  return {
    join(nodeId, onMail) {
      listeners.set(nodeId, onMail);
      return {
        others: () => new Set([...listeners.keys()].filter((one) => one !== nodeId)),
        async send(to, message) {
          const copy = Buffer.from(message);
          const outcome = failing.get(to);
          // `heard`: and then lost.
          if (outcome !== undefined) return outcome;
          const heard = [...listeners].filter(([node]) => node === to || to === everybody);
          for (const [, listener] of heard) setImmediate(() => listener(copy));
          return heard.length > 0 ? 'heard' : 'unheard';
        },
      };
    },
    bury: (nodeId) => void listeners.delete(nodeId),
    fail(nodeId, how) {
      if (how === undefined) failing.delete(nodeId);
      else failing.set(nodeId, how);
    },
  };
}
