import type { Handshake, HttpRequest } from '../connection.ts';
import { optional } from '../handshake.ts';

/** Of a connection that begins with a request. Nothing of what may hold a token is kept: it was taken out already. */
export function streamHandshake(
  { path, headers, address }: HttpRequest,
  token: string | undefined,
  stream: NonNullable<Handshake['stream']>,
): Handshake {
  return {
    path,
    query: '',
    authorization: undefined,
    cookie: undefined,
    origin: optional(headers.origin),
    host: optional(headers.host),
    address,
    protocol: '',
    ...(token === undefined ? {} : { token }),
    stream,
  };
}
