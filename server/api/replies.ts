import { statuses } from '../../protocol/http/index.ts';
import { errors, Refusal } from '../../protocol/index.ts';
import { LogError } from '../log/log.ts';
import { NodeUnreachable } from '../peers/peers.ts';
import type { HttpRequest, HttpResponse } from '../transport/connection.ts';
import { farewell } from '../transport/event-stream/refusals.ts';
import { BodyTooLarge } from '../transport/http-body.ts';

/** Refusals that say nothing of when: about now is a good guess. */
const RETRY_AFTER_SECONDS = 1;

export const JSON_TYPE = 'application/json; charset=utf-8';

export function json(status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse {
  return {
    status,
    headers: { 'content-type': JSON_TYPE, 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}

/** What a handler threw, in the words of the catalogue; what is none of it is a fault of the server's. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof BodyTooLarge) return new Refusal('MESSAGE_TOO_LARGE', { limit: error.maxBytes });
  if (error instanceof LogError && error.code === 'LOG_UNAVAILABLE') return new Refusal('LOG_UNAVAILABLE');
  if (error instanceof LogError && error.code === 'LOG_UNCERTAIN') return new Refusal('OUTCOME_UNKNOWN');
  if (error instanceof LogError && error.code === 'LOG_CORRUPT') return new Refusal('LOG_CORRUPT');
  if (error instanceof NodeUnreachable) {
    const code = error.mayBeDone ? 'OUTCOME_UNKNOWN' : 'LOG_UNAVAILABLE';
    return new Refusal(code, {}, `${errors[code]} (${error.message})`);
  }
  return new Refusal('INTERNAL');
}

/** Whether who asks has it already, by the header `If-None-Match`. RFC 9110, section 13.1.2: the weak comparison. */
export function isKnown(header: string | undefined, etag: string): boolean {
  const tags = header?.split(',').map((one) => one.trim().replace(/^W\//, '')) ?? [];
  return tags.includes('*') || tags.includes(etag);
}

/** `{code, message, …}` with its status and what HTTP has to say beside it. */
export function refused({ code, message, details }: Refusal, headers: Record<string, string> = {}) {
  const status = statuses[code];
  return json(
    status,
    { code, message, ...details },
    { ...headersOf(status, details.retryAfterMs), ...headers },
  );
}

export const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // Proxies of the family of nginx would hold events back.
  'x-accel-buffering': 'no',
};

/** To who asks for a stream: where it may come back, and would not after a status, a stream that says when. */
export function refusedStream(refusal: Refusal, { method, headers }: HttpRequest): HttpResponse {
  const isEventSource = method === 'GET' && headers.accept === 'text/event-stream';
  const comesBack = refusal.code === 'SHUTTING_DOWN' || (isEventSource && passes(statuses[refusal.code]));
  return comesBack ? { status: 200, headers: streamHeaders, body: farewell(refusal) } : refused(refusal);
}

/** Whether what is refused may be tried again. */
function passes(status: number): boolean {
  return status === 429 || status === 503;
}

function headersOf(status: number, retryAfterMs: number | undefined): Record<string, string> {
  // RFC 6750, section 3.
  if (status === 401) return { 'www-authenticate': 'Bearer' };
  // RFC 9110, section 15.5.16.
  if (status === 415) return { 'accept-encoding': 'identity' };
  if (!passes(status)) return {};
  const seconds = retryAfterMs === undefined ? RETRY_AFTER_SECONDS : Math.ceil(retryAfterMs / 1000);
  return { 'retry-after': String(seconds) };
}
