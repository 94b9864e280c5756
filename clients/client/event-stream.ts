import { eventsIn } from './stream-events.ts';
import { type End, messagesIn, parsedFrom, type Socket, type SocketHandler } from './transport.ts';
import { onPage } from './wake.ts';

export interface EventStreamOptions {
  readonly fetch: typeof fetch;
  /** Shown with the request, and so never part of an address. */
  readonly token: string | undefined;
  /** The same in all requests, for what balances load by addresses. */
  readonly clientId: string;
}

/** A post is as large as one of the largest messages, unless a single message is larger. */
const MAX_POST_CHARACTERS = 60_000;
/** A post costs more than a frame: signals are merged for as long. */
const SIGNAL_MS = 100;
/** Messages that wait behind a post before signals are held back. */
const MOST_QUEUED = 9;
const GOODBYE_WITHIN_MS = 5000;

/**
 * What a WebSocket would carry, where that is blocked: frames come as an event stream, messages go as posts, one
 * at a time and in order. A post that fails ends the connection, for whether it arrived is not known; what was
 * not answered is sent again on the next. [SPEC: ES13, ES14]
 *
 * By `fetch` rather than EventSource, which can show a token only in the address, does not tell the status of a
 * refusal, and is missing in Node 20.
 */
export function openEventStream(
  url: string,
  { fetch, token, clientId }: EventStreamOptions,
  handler: SocketHandler,
): Socket {
  // Throws at once where there is none.
  const address = addressOf(url, '/ws/events', clientId);
  const reading = new AbortController();
  // One for each post: what listens to a signal may stay with it as long as it lives.
  let posting: AbortController | undefined;
  const queue: string[] = [];
  let isLive = true;
  let key: string | undefined;
  let stopListening = () => {};

  function over(end: End): void {
    if (!isLive) return;
    stop();
    handler.closed(end);
  }

  function stop(): void {
    isLive = false;
    posting?.abort();
    stopListening();
    reading.abort();
  }

  /** A closed page says goodbye, as it does for a WebSocket. */
  async function leave(): Promise<void> {
    if (key === undefined) return;
    const end = addressOf(url, '/ws/events/end', clientId);
    const signal = AbortSignal.timeout(GOODBYE_WITHIN_MS);
    await fetch(end, { method: 'POST', body: key, keepalive: true, signal }).catch(() => {});
  }

  async function read(): Promise<void> {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(address, { headers, signal: reading.signal });
    if (!response.ok || response.body === null) return over(endIn(response.status, await response.text()));
    for await (const { event, data } of eventsIn(response.body)) {
      if (!isLive) return;
      if (event === 'message') {
        for (const message of messagesIn(data)) if (isLive) handler.received(message);
      } else if (event === 'open') begin((parsedFrom(data) as { key: string }).key);
      else if (event === 'close') {
        const { reconnect, ...end } = parsedFrom(data) as { reconnect: boolean };
        return over({ ...end, isFinal: !reconnect });
      }
    }
  }

  function begin(given: string): void {
    key = given;
    stopListening = onPage('pagehide', leave);
    handler.opened();
    post();
  }

  function post(): void {
    if (!isLive || posting || key === undefined || queue.length === 0) return;
    posting = new AbortController();
    const { signal } = posting;
    let [body, characters] = [key, 0];
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      characters += next.length;
      if (body !== key && characters > MAX_POST_CHARACTERS) break;
      body += `\n${next}`;
      queue.shift();
    }
    // As text it is a simple request, for which pages of other origins need not ask first.
    fetch(address, { method: 'POST', body, signal }).then(
      ({ ok }) => {
        posting = undefined;
        if (ok) post();
        else over({});
      },
      () => over({}),
    );
  }

  read()
    .catch(() => {})
    .then(() => over({}));
  return {
    signalMs: SIGNAL_MS,
    get isBusy() {
      // While one drags, a post is always under way.
      return queue.length > MOST_QUEUED;
    },
    send(message) {
      // What is said in one turn goes as one.
      if (queue.push(JSON.stringify(message)) === 1) queueMicrotask(post);
    },
    end(goodbye) {
      isLive = false;
      // A stream that breaks off before its goodbye has arrived would keep its place.
      if (goodbye) leave().then(stop);
      else stop();
    },
  };
}

/** Beside the WebSocket's: `wss://host/ws` has its event stream at `https://host/ws/events`. */
function addressOf(url: string, path: string, clientId: string): string {
  const page = (globalThis as { location?: { href: string } }).location?.href;
  const address = new URL(url.replace(/^ws/, 'http'), page);
  if (address.host === '') throw new TypeError(url);
  address.pathname = address.pathname.replace(/\/(ws\/?)?$/, '') + path;
  address.searchParams.set('clientId', clientId);
  return address.href;
}

/** An answer that is no stream. What a proxy says in its own name is not the server's last word. */
function endIn(status: number, body: string): End {
  const { code, message, retryAfterMs } = (parsedFrom(body) ?? {}) as Record<string, string>;
  const isFinal = (status === 401 || status === 403) && typeof code === 'string';
  return status === 404 ? {} : { code, message, isFinal, retryAfterMs: Number(retryAfterMs) || undefined };
}
