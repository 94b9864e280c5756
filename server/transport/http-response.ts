import { STATUS_CODES } from 'node:http';
import type { HttpHandler, HttpRequest, HttpResponse } from './connection.ts';
import { BodyTooLarge } from './http-body.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VISIBLE = /^[\t\x20-\x7e]*$/;
/** How the message is framed is the transport's business. */
const FRAMING = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade']);

const FAILED: HttpResponse = {
  status: 500,
  headers: { 'content-type': 'application/json' },
  body: '{"code":"INTERNAL"}',
};

const TOO_LARGE: HttpResponse = { ...FAILED, status: 413, body: '{"code":"TOO_LARGE"}' };

/**
 * Asks the handler. What it throws, rejects with, or cannot be written safely, becomes a 500; a body that was
 * too large for it, a 413. Never rejects.
 */
export function responseTo(http: HttpHandler, request: HttpRequest): HttpResponse | Promise<HttpResponse> {
  try {
    const response = http(request);
    return response instanceof Promise ? response.then(checked).catch(failure) : checked(response);
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): HttpResponse {
  return error instanceof BodyTooLarge ? TOO_LARGE : FAILED;
}

/** As in `200 OK`. */
export function statusLine(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? 'Unknown'}`;
}

/** RFC 9110, section 6.4.1: these have no body and say no length. */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 304;
}

/** A line break in a header value would let its author write headers, or whole responses, of their own. */
function checked(response: HttpResponse): HttpResponse {
  const { status, headers, stream } = response;
  const entries = Object.entries(headers).filter(([name]) => !FRAMING.has(name.toLowerCase()));
  const isSafe = entries.every(([name, value]) => TOKEN.test(name) && VISIBLE.test(value));
  if (isSafe && Number.isInteger(status) && status >= 200 && status <= 599) {
    return { ...response, headers: Object.fromEntries(entries) };
  }
  stream?.closed();
  return FAILED;
}
