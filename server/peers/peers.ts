/**
 * The port through which nodes that share a store ask things of each other. Who asks knows the node; how a message
 * gets there is nobody's business above.
 */
export interface Peers {
  /** This node. */
  readonly nodeId: string;
  /** Those that are known to live. */
  others(): ReadonlySet<string>;
  /** Asks one node. */
  ask(to: string, question: Question): PendingQuestion;
  /** Tells all others, without any promise. */
  tell(subject: string, text: string): void;
  /** Says who answers what is asked, and hears what is told, about a subject. */
  serve(subject: string, listener: PeerListener): void;
}

export interface Question {
  /** One word. */
  readonly subject: string;
  readonly body: string | Uint8Array;
  /** How long an answer may take. */
  readonly withinMs: number;
}

export interface PendingQuestion {
  /** Rejects with a {@link NodeUnreachable}. */
  readonly answer: Promise<Buffer>;
  /** Nobody wants the answer any more: the promise is rejected. */
  cancel(): void;
  /** The answer is wanted now, whatever it is. */
  hurry(): void;
}

export interface PeerListener {
  /** What it rejects with is an answer that says nothing: {@link NodeUnreachable} for who asked. */
  answer?(body: Buffer, asker: Asker): Promise<string | Uint8Array>;
  /** Must not throw. */
  hear?(text: string): void;
}

/** Who waits for an answer. */
export interface Asker {
  /** The node that asks. */
  readonly from: string;
  /** Aborts when nobody waits any more, and when the answer could not be handed over. */
  readonly cancelled: AbortSignal;
  /** Aborts when the answer is wanted now. */
  readonly hurried: AbortSignal;
}

/** No answer came, and none will. */
export class NodeUnreachable extends Error {
  override readonly name = 'NodeUnreachable';
  /** What the node held is nobody's any more; false: another attempt may succeed. */
  readonly isGone: boolean;
  /** Whether the node may have had the question. */
  readonly mayBeDone: boolean;
  constructor(message: string, { isGone = false, mayBeDone = false } = {}) {
    super(message);
    this.isGone = isGone;
    this.mayBeDone = mayBeDone;
  }
}
