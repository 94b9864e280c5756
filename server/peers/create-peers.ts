import type { Clock } from '../clock.ts';
import { everybody, type Mail } from '../log/nodes.ts';
import { Answering } from './answering.ts';
import { Asking, type Outcome } from './asking.ts';
import { decodeEnvelope, encodeEnvelope } from './envelope.ts';
import type { PeerListener, Peers } from './peers.ts';

export interface PeersOptions {
  readonly nodeId: string;
  readonly mail: Mail;
  readonly clock: Clock;
  /** How long questions wait while the store cannot be reached. */
  readonly timeoutMs: number;
  /** Questions that wait for answers. */
  readonly maxQuestions: number;
  /** Bytes of these; and as many of answers that are on their way. */
  readonly maxBytes: number;
  /** Told of each question, once, how it ended. */
  readonly onEnded?: (subject: string, outcome: Outcome) => void;
}

/** What a node asks of others and they of it, over whatever carries mail between them. */
export interface OpenPeers extends Peers {
  receive(message: Buffer): void;
  /** A node has died. */
  gone(node: string): void;
  /** Waits, for a moment, for answers that are on their way. */
  close(): Promise<void>;
}

export function createPeers(options: PeersOptions): OpenPeers {
  const { nodeId, mail } = options;
  const listeners = new Map<string, PeerListener>();
  const asking = new Asking(options);
  const answering = new Answering({ ...options, listenerOf: (subject) => listeners.get(subject) });
  return {
    nodeId,
    others: () => mail.others(),
    ask: (to, question) => asking.ask(to, question),
    tell: (subject, body) =>
      void mail.send(everybody, encodeEnvelope({ kind: 'told', from: nodeId, id: '-', subject, body })),
    serve: (subject, listener) => void listeners.set(subject, listener),
    receive(message) {
      const envelope = decodeEnvelope(message);
      if (envelope.from === nodeId) return;
      switch (envelope.kind) {
        case 'question':
          return answering.asked(envelope);
        case 'answer':
        case 'none':
          return asking.answered(envelope);
        case 'cancel':
          return answering.cancelled(envelope);
        case 'hurry':
          return answering.hurried(envelope);
        case 'told':
          return listeners.get(envelope.subject)?.hear?.(envelope.body.toString());
      }
    },
    gone(node) {
      asking.gone(node);
      answering.gone(node);
    },
    async close() {
      asking.close();
      await answering.close();
    },
  };
}
