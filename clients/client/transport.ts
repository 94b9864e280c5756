import { isPlainObject } from '../../protocol/properties.ts';

/** What a connection goes over. */
export type TransportName = 'websocket' | 'event-stream';

export interface SocketHandler {
  /** Messages may be sent. */
  opened(): void;
  received(message: Readonly<Record<string, unknown>>): void;
  /** Once, after which nothing more is called. */
  closed(end: End): void;
}

/** Why it has ended. */
export interface End {
  /** By the server's own word: a name of its catalogues. Undefined: it broke off, or never was. */
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  /** It is of no use to come back as one is. */
  readonly isFinal?: boolean;
  readonly retryAfterMs?: number | undefined;
}

/** One connection: messages in order, each way, until it ends. */
export interface Socket {
  send(message: object): void;
  /** More would have to wait: what only counts now is better kept back, and merged. */
  readonly isBusy: boolean;
  /** The least time between two signals of a kind, where each costs more than a frame. */
  readonly signalMs: number;
  /** Ends it; the handler hears nothing more. */
  end(goodbye: boolean): void;
}

/** Whatever is not a message of a server is left out. */
export function messagesIn(frame: string): Readonly<Record<string, unknown>>[] {
  const parsed = parsedFrom(frame);
  return (Array.isArray(parsed) ? parsed : [parsed]).filter(isPlainObject);
}

/** Undefined where it is no JSON. */
export function parsedFrom(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
