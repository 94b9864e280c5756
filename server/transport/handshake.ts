import type { ConnectionHandler } from './connection.ts';

/** The subprotocol to answer with at `path`, given the request's `Sec-WebSocket-Protocol`; '' for none. */
export function negotiatedProtocol(handler: ConnectionHandler, header: string, path = '/'): string {
  const offered = header
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (offered.length === 0) return '';
  const chosen = handler.selectProtocol(offered, path);
  // A client must fail the connection when it gets a subprotocol that it did not offer.
  return offered.includes(chosen) ? chosen : '';
}

/** One spelling for an address, whichever implementation read it: IPv4 dotted, IPv6 compressed. */
export function peerAddress(text: string): string {
  if (!text.includes(':')) return text;
  const mapped = /^(?:::|(?:0+:){5})ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text);
  if (mapped?.[1] !== undefined) return mapped[1];
  const [address = text] = text.split('%');
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** A header that is empty says as much as one that is missing. */
export function optional(header: string | undefined): string | undefined {
  return header === '' ? undefined : header;
}

/**
 * Headers by their names. It inherits nothing, so that no name finds what was not sent. An object that is made
 * without a prototype would do, too, but V8 makes each of them a hash table of its own.
 */
export class Headers {
  [name: string]: string;
}
Object.setPrototypeOf(Headers.prototype, null);
Reflect.deleteProperty(Headers.prototype, 'constructor');

/** Path and raw query of a request target. */
export function splitTarget(target: string): { path: string; query: string } {
  const mark = target.indexOf('?');
  return mark < 0
    ? { path: target, query: '' }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}
