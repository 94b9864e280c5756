import type { ChatMessage, MessageOf } from '../../protocol/index.ts';
import { Events } from './events.ts';
import type { Ack } from './outbox.ts';

export interface ChatEvents {
  message: ChatMessage;
  /** After a message, or when the whole list came anew. */
  change: readonly ChatMessage[];
}

export interface ChatOptions {
  kind?: string;
  metadata?: Record<string, unknown>;
}

/** As many as a server keeps by default. */
const KEPT = 200;

/** The messages of the room, each once and in order. */
export class Chat extends Events<ChatEvents> {
  /** The latest, oldest first: as many as the server has told at once, and 200 at most after one more. */
  messages: readonly ChatMessage[] = [];
  readonly #submit: (command: Readonly<Record<string, unknown>>) => Promise<Ack>;

  constructor(submit: (command: Readonly<Record<string, unknown>>) => Promise<Ack>) {
    super();
    this.#submit = submit;
  }

  /** Resolves with the message's id when it is durable. */
  async send(text: string, options: ChatOptions = {}): Promise<string> {
    const { id } = await this.#submit({ type: 'message', text, ...options });
    return String(id);
  }

  /** @internal */
  received({ type: _, roomId: __, offset: ___, ...message }: MessageOf<'message'>): void {
    this.messages = [...this.messages, message].slice(-KEPT);
    this.emit('message', message);
    this.emit('change', this.messages);
  }

  /** @internal */
  replaced(messages: readonly ChatMessage[]): void {
    this.messages = messages;
    this.emit('change', messages);
  }
}
