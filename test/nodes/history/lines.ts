import { WebSocket } from 'ws';
import { openEventStream } from '../../../clients/client/event-stream.ts';
import { openSocket } from '../../../clients/client/socket.ts';
import type { Message } from '../../support/wire.ts';

/** A connection, whatever carries it. */
export interface Line {
  send(message: object): void;
  /** Without a goodbye it breaks off. The handler hears nothing more. */
  end(goodbye: boolean): void;
}

export interface LineHandler {
  opened(): void;
  received(message: Message): void;
  closed(): void;
}

/** Undefined: there is no node to connect to. */
export type OpenLine = (handler: LineHandler) => Line | undefined;

export interface Place {
  readonly port: number;
  readonly token: string;
}

export function overWebSocket({ port, token }: Place, handler: LineHandler): Line {
  let raw: WebSocket | undefined;
  class Raw extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      raw = this;
    }
  }
  const socket = openSocket(`ws://127.0.0.1:${port}/ws?token=${token}`, Raw, handler);
  return {
    send: (message) => socket.send(message),
    end(goodbye) {
      socket.end(goodbye);
      if (!goodbye) raw?.terminate();
    },
  };
}

export function overEventStream({ port, token }: Place, handler: LineHandler): Line {
  const clientId = `stream-${port}`;
  return openEventStream(`ws://127.0.0.1:${port}/ws`, { fetch, token, clientId }, handler);
}
