import type { MessageOf, TextDocument, TextOperation } from '../../protocol/index.ts';
import type { Ack } from './outbox.ts';
import type { RoomText } from './text/room-text.ts';

/** What a text needs of its room. */
export interface TextStage {
  newId(): string;
  maxMessageBytes(): number;
  /** Something is typed that waits behind what is on its way. */
  changed(): void;
  /** Asks for the document anew. */
  sync(): void;
  /** Resolves with the version that it became. */
  submit(operation: TextOperation, version: number, opId: string): Promise<Ack>;
}

/** A text as its room keeps it up to date. */
export interface TextReplica {
  readonly public: RoomText;
  /** Whether the server has told what the document is. */
  readonly isLoaded: boolean;
  /** Whether something was typed that is not yet on its way. */
  readonly waits: boolean;
  /** The server's own state of the document, perhaps of another life of the room. */
  replaced(document: TextDocument, isAnew: boolean): void;
  received(message: MessageOf<'operation'>): void;
}

/** Texts are a part of their own, so that those who have none need not load it. */
export interface TextSupport {
  create(stage: TextStage): TextReplica;
}
