import { addAbortListener, once, setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import retry from 'p-retry';
import {
  type JsonOf,
  type PartOf,
  type Route,
  type RouteName,
  type Routes,
  routes,
} from '../../protocol/http/index.ts';
import { BackendError } from './error.ts';

export interface RequestOptions {
  /** Of the server: `https://realtime.example`. What is none is a TypeError at once. */
  readonly url: string;
  /** With the scope `publish` or `admin`; a function is asked before each request. */
  readonly token: string | (() => string | Promise<string>);
  /** How often a request is tried again that had no answer, or 429 or 503. Default 5. */
  readonly retries?: number;
  /** The first pause; each one is twice as long, and drawn at random between that and twice of it. Default 100. */
  readonly retryDelayMs?: number;
  /** For one attempt, with the token for it. Default 10,000. */
  readonly timeoutMs?: number;
  /** Ends what is under way. */
  readonly signal?: AbortSignal;
  /** Default: Node's own. */
  readonly fetch?: typeof fetch;
}

type Given<R extends Route, Part extends 'params' | 'query' | 'body'> =
  PartOf<R, Part> extends undefined ? { [P in Part]?: undefined } : { [P in Part]: PartOf<R, Part> };

export type Asked<Name extends RouteName> = Given<Routes[Name], 'params'> &
  Given<Routes[Name], 'query'> &
  Given<Routes[Name], 'body'> & { readonly headers?: Readonly<Record<string, string>> };

type Good<Name extends RouteName> = Extract<keyof Routes[Name]['answers'], 200 | 201>;

/** The JSON of a good answer. */
export type Said<Name extends RouteName> = JsonOf<Routes[Name], Good<Name>>;

export interface Answered<Name extends RouteName> {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Said<Name>;
}

/** Sends a request of the table. Rejects with a BackendError. */
export type Call = <Name extends RouteName>(name: Name, asked: Asked<Name>) => Promise<Answered<Name>>;

/** The server asks for more patience than a caller can be expected to have. */
const MAX_PAUSE_MS = 30_000;

export function createCall(options: RequestOptions): Call {
  const { url, retries = 5, retryDelayMs = 100, signal } = options;
  // It would look like a server that cannot be reached.
  if (!/^https?:/i.test(url) || !URL.canParse(url)) {
    throw new TypeError(`url: expected one such as https://realtime.example, not ${url}`);
  }
  const aborted = signal === undefined ? {} : { signal };
  // However many requests are under way: none of them stays.
  if (signal !== undefined) setMaxListeners(0, signal);
  return async (name, asked) => {
    const { headers } = asked;
    const body = jsonOf(asked.body);
    const address = addressOf(url, routes[name].path, asked.params, asked.query);
    return retry(() => attempt(options, name, { address, headers, body }), {
      retries,
      minTimeout: retryDelayMs,
      maxTimeout: MAX_PAUSE_MS,
      randomize: true,
      ...aborted,
      shouldRetry: ({ error }) => error instanceof BackendError && error.retryable,
      async onFailedAttempt({ error, retriesLeft }) {
        const pauseMs = error instanceof BackendError && error.retryable ? error.retryAfterMs : undefined;
        if (pauseMs === undefined || retriesLeft === 0) return;
        // Aborted, it ends with the reason that the caller gave.
        await sleep(Math.min(pauseMs, MAX_PAUSE_MS), undefined, aborted).catch(() => {});
      },
    }).catch((error) => {
      // That reason may be anything, and p-retry makes errors of what is none.
      signal?.throwIfAborted();
      throw error;
    });
  };
}

/** Undefined: of nothing. */
function jsonOf(body: unknown): string | undefined {
  try {
    return JSON.stringify(body);
  } catch (cause) {
    throw new BackendError('NOT_JSON', 0, String(cause), {}, { cause });
  }
}

/** What each attempt sends. */
interface Prepared {
  readonly address: string;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly body: string | undefined;
}

async function attempt<Name extends RouteName>(
  { url, token, timeoutMs = 10_000, signal, fetch: send = fetch }: RequestOptions,
  name: Name,
  { address, headers, body }: Prepared,
): Promise<Answered<Name>> {
  const { method, answers }: Route = routes[name];
  const over = new AbortController();
  const deadline = setTimeout(() => over.abort(), timeoutMs);
  // AbortSignal.any would leave something of each request in a signal that outlives it.
  const following = signal && addAbortListener(signal, () => over.abort());
  let response: Response;
  let text: string;
  try {
    const authorization = bearerOf(typeof token === 'string' ? token : await inTime(token, over.signal));
    try {
      signal?.throwIfAborted();
      response = await send(address, {
        method,
        headers: {
          ...headers,
          authorization,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body }),
        signal: over.signal,
      });
      text = await response.text();
    } catch (cause) {
      throw new BackendError('UNREACHABLE', 0, `There was no answer from ${url}.`, {}, { cause });
    }
  } finally {
    clearTimeout(deadline);
    following?.[Symbol.dispose]();
  }
  const { status } = response;
  const json = parsed(text);
  // A proxy in between may answer as well as it likes.
  const hasNoJson = status in answers && answers[status]?.schema === undefined;
  const isServers = hasNoJson || (response.ok && json !== undefined);
  if (isServers) return { status, headers: response.headers, json: json as Said<Name> };
  const { code, message, ...details } = (json ?? {}) as Partial<Record<string, unknown>>;
  if (typeof code !== 'string')
    throw new BackendError('UNKNOWN', status, `The answer, of status ${status}, is not the server's.`);
  throw new BackendError(code as BackendError['code'], status, String(message), details);
}

/** The token that a function gives, unless that takes too long. */
function inTime(ask: () => string | Promise<string>, limit: AbortSignal): Promise<string> {
  const late = once(limit, 'abort').then(() => {
    throw new BackendError('UNREACHABLE', 0, 'The token did not come in time.');
  });
  return Promise.race([ask(), late]);
}

function bearerOf(token: string): string {
  const authorization = `Bearer ${token}`;
  try {
    new Headers({ authorization });
  } catch {
    // What it says would show the token.
    throw new BackendError('TOKEN_INVALID', 0, 'The token has characters that no header has.');
  }
  return authorization;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function addressOf(url: string, path: string, params: object = {}, query: object = {}): string {
  const named = params as Readonly<Record<string, string>>;
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => partOf(name, named[name] ?? ''));
  const asked = new URLSearchParams(
    Object.entries(query)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]): [string, string] => [name, String(value)]),
  );
  return `${url.replace(/\/$/, '')}${filled}${asked.size === 0 ? '' : `?${asked}`}`;
}

function partOf(path: string, value: string): string {
  try {
    return encodeURIComponent(value);
  } catch (cause) {
    throw new BackendError('INVALID_FIELD', 0, `${path} has half of a character in it.`, { path }, { cause });
  }
}
