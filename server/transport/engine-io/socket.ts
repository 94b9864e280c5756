import type { Connection } from '../connection.ts';

/** Whom the events of a WebSocket concern: a session, or an upgrade that may still fail. */
export interface SocketOwner {
  received(bytes: Uint8Array, isBinary: boolean): void;
  dropped(frame: Uint8Array): void;
  drained(): void;
  closed(code: number, clean: boolean): void;
}

/** The `state` of a transport's connection that belongs to a mount; others are not of Engine.IO. */
export class EngineSocket {
  readonly connection: Connection;
  owner: SocketOwner | undefined;

  constructor(connection: Connection) {
    this.connection = connection;
  }
}
