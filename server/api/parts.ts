import type { Route } from '../../protocol/http/index.ts';
import { type Limits, Refusal } from '../../protocol/index.ts';
import { createCheck } from '../dispatch/checks.ts';
import { inspect } from '../dispatch/inspect.ts';
import type { HttpRequest } from '../transport/connection.ts';

const checkedBody = createCheck();
/** What stands in an address is text: `?limit=10` is a number where the schema says so. */
const checkedAddress = createCheck({ coerceTypes: true });

/** Throws INVALID_FIELD. */
export function paramsOf(route: Route, found: Readonly<Record<string, string | undefined>>): unknown {
  return route.params && checkedAddress(route.params, { ...found });
}

/** Of a parameter that came several times, the first. Throws INVALID_FIELD. */
export function queryOf(route: Route, query: string): unknown {
  if (route.query === undefined) return undefined;
  const given = new Map([...new URLSearchParams(query)].reverse());
  return checkedAddress(route.query, Object.fromEntries(given));
}

/**
 * Starts reading the body, which has to be done within the request's turn; undefined where the row has none.
 * Throws UNSUPPORTED_MEDIA_TYPE; rejects with BodyTooLarge and RequestAborted.
 */
export function readBody(
  { body, maxBody = 'MAX_MESSAGE_BYTES' }: Route,
  request: HttpRequest,
  limits: Limits,
): Promise<Uint8Array> | undefined {
  if (body === undefined) return undefined;
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw new Refusal('UNSUPPORTED_MEDIA_TYPE');
  }
  if (!/^(identity)?$/i.test(request.headers['content-encoding'] ?? '')) {
    const details = { path: 'Content-Encoding', expected: 'identity' };
    throw new Refusal('UNSUPPORTED_MEDIA_TYPE', details, 'The body of this request has to come as it is.');
  }
  return request.body(limits[maxBody]);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Throws NOT_JSON, INVALID_FIELD, TOO_DEEP, FORBIDDEN_KEY. */
export function bodyOf({ body }: Route, bytes: Uint8Array | undefined, { MAX_DEPTH }: Limits): unknown {
  if (body === undefined || bytes === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    throw new Refusal('NOT_JSON', {}, 'The body of the request is not valid JSON.');
  }
  return checkedValue(body, value, { MAX_DEPTH });
}

/** Throws INVALID_FIELD, TOO_DEEP, FORBIDDEN_KEY. */
export function checkedValue(
  schema: object,
  value: unknown,
  { MAX_DEPTH }: Pick<Limits, 'MAX_DEPTH'>,
): unknown {
  inspect(value, MAX_DEPTH);
  return checkedBody(schema, value);
}
