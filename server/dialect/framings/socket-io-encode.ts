import { extractAttachments } from './socket-io-binary.ts';

/**
 * Packets of Socket.IO protocol 5 as finished messages of Engine.IO (hence the `4` in front), the same for
 * every member of a room: `42/scenes,["cursor",{"x":1}]`. Namespaces begin with `/` and have no comma. What
 * JSON.stringify throws (for circles, and for nesting of some thousand levels) comes through.
 */

/** Names that the protocol's implementations need for themselves. Official clients break off on them. */
const reserved: ReadonlySet<unknown> = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
]);

/** Whether no event may have this name, in either direction. */
export function isReservedEvent(name: string | number): boolean {
  return reserved.has(name);
}

/** Accepts a connection to a namespace: `data` is `{sid}`. */
export function encodeConnect(namespace: string, data?: object): string {
  return `40${prefix(namespace)}${data === undefined ? '' : JSON.stringify(data)}`;
}

/** Refuses a connection to a namespace. Clients read `message`, and `data` for whatever else. */
export function encodeConnectError(namespace: string, error: { message: string; data?: unknown }): string {
  return `44${prefix(namespace)}${JSON.stringify(error)}`;
}

/** Ends the connection to a namespace; the other namespaces of the client live on. */
export function encodeDisconnect(namespace: string): string {
  return `41${prefix(namespace)}`;
}

/**
 * An event without binary in `args`. With an `id`, the client is asked for an ack.
 *
 * @throws TypeError if the name is reserved
 */
export function encodeEvent(namespace: string, name: string, args: readonly unknown[], id?: number): string {
  refuseReserved(name);
  return `42${prefix(namespace)}${id ?? ''}${JSON.stringify([name, ...args])}`;
}

/** The answer to the event with this id, without binary in `args`. */
export function encodeAck(namespace: string, id: number, args: readonly unknown[]): string {
  return `43${prefix(namespace)}${id}${JSON.stringify(args)}`;
}

/**
 * {@link encodeEvent} where `args` may hold binary: the text and, in the order in which they must follow it,
 * the attachments, which are not copied. Nothing else may be sent to the receiver in between.
 *
 * @throws TypeError if the name is reserved, and see {@link extractAttachments}
 */
export function encodeBinaryEvent(
  namespace: string,
  name: string,
  args: readonly unknown[],
  id?: number,
): [text: string, ...attachments: Uint8Array[]] {
  refuseReserved(name);
  const { data, attachments } = extractAttachments([name, ...args]);
  const head = attachments.length === 0 ? '42' : `45${attachments.length}-`;
  return [`${head}${prefix(namespace)}${id ?? ''}${JSON.stringify(data)}`, ...attachments];
}

/** {@link encodeAck} where `args` may hold binary, as {@link encodeBinaryEvent}. */
export function encodeBinaryAck(
  namespace: string,
  id: number,
  args: readonly unknown[],
): [text: string, ...attachments: Uint8Array[]] {
  const { data, attachments } = extractAttachments(args);
  const head = attachments.length === 0 ? '43' : `46${attachments.length}-`;
  return [`${head}${prefix(namespace)}${id}${JSON.stringify(data)}`, ...attachments];
}

function prefix(namespace: string): string {
  return namespace === '/' ? '' : `${namespace},`;
}

function refuseReserved(name: string): void {
  if (isReservedEvent(name)) throw new TypeError(`The name of an event is reserved: ${name}`);
}
