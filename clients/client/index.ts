import { Client } from './client.ts';
import type { ConnectOptions } from './options.ts';

export type { BackoffOptions } from './backoff.ts';
export type { CameraOfUser, Cameras } from './cameras.ts';
export type { Chat, ChatOptions } from './chat.ts';
export type { Client, ClientEvents, JoinOptions } from './client.ts';
export type { ClientClock } from './clock.ts';
export type { Status } from './connection-types.ts';
export { TandemError, type TandemErrorDetails } from './error.ts';
export type { Listenable, Unsubscribe } from './events.ts';
export type { ConnectOptions } from './options.ts';
export type { Ack } from './outbox.ts';
export type { OutboxStore, StoredCommand } from './outbox-store.ts';
export type { Person, Presence } from './presence.ts';
export type { Room } from './room.ts';
export type { RelayOptions, RoomEvents, RoomStatus, User } from './room-types.ts';
export type { Scene } from './scene.ts';
export type { ApplyOptions, HistoryState, SceneChange, SceneEvents, SceneSnapshot } from './scene-types.ts';
export type { Selection } from './selection.ts';
export type { WebSocketConstructor, WebSocketLike } from './socket.ts';
export type { Item } from './things.ts';
export type { TransportName } from './transport.ts';

/**
 * Connects to a Tandem server, and again whenever the connection is lost, until `close`, or until the server says
 * that it is of no use (`error` tells why). Rooms may be joined, and commands given, at once.
 *
 * @param url `wss://host/ws`
 */
export function connect(url: string, options: ConnectOptions = {}): Client {
  return new Client(url, options);
}
