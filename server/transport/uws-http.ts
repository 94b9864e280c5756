import type * as Uws from 'uWebSockets.js';
import type { ClientAddress } from './client-address.ts';
import type { HttpResponse, TransportOptions } from './connection.ts';
import { Headers, peerAddress } from './handshake.ts';
import { requestBody } from './http-body.ts';
import { isBodiless, responseTo, statusLine } from './http-response.ts';
import { streamUws } from './uws-output.ts';

/** Answers a request, at once or later. The µWS request is read before this returns: it is gone afterwards. */
export function answerUws(
  {
    http,
    isLeaving = () => false,
    clientAddress,
  }: Pick<TransportOptions, 'http' | 'isLeaving' | 'clientAddress'>,
  response: Uws.HttpResponse,
  request: Uws.HttpRequest,
): void {
  const aborter = new AbortController();
  const fate: Fate = { waiting: { aborted: () => aborter.abort() } };
  hearOfEnd(response, fate);
  const method = request.getCaseSensitiveMethod().toUpperCase();
  const headers = headersOf(request);
  if (!isLength(headers['content-length'])) {
    // RFC 9112, section 6.3: µWS goes by the first of several, and takes the rest for requests, also behind an answer.
    response.close();
    return;
  }
  const asked = requestBody({
    announced: headers['content-length'],
    aborted: aborter.signal,
    pour({ add, end }) {
      response.onData((chunk, isLast) => {
        // µWS takes the chunk back.
        add(new Uint8Array(chunk.slice(0)));
        if (isLast) end();
      });
    },
  });
  const answer = responseTo(http, {
    method,
    path: request.getUrl(),
    query: request.getQuery() ?? '',
    headers,
    address: addressOf(response, () => headers, clientAddress),
    aborted: aborter.signal,
    body: asked.read,
  });
  asked.close();
  const write = (ready: HttpResponse) => {
    if (ready.stream === undefined) writeWhole(response, method, ready, isLeaving());
    else fate.waiting = streamUws(response, ready, ready.stream);
  };
  if (!(answer instanceof Promise)) {
    write(answer);
    return;
  }
  answer.then((late) => {
    // To touch a response after it was aborted ends the process.
    if (aborter.signal.aborted) late.stream?.closed();
    else response.cork(() => write(late));
  });
}

function isLength(announced: string | undefined): boolean {
  return announced === undefined || /^\d+$/.test(announced);
}

/** Who is told that the client has gone: whoever makes the answer, and then the stream that it is. */
interface Fate {
  waiting: { aborted(): void };
}

/** Apart, for µWS keeps this as long as the response, which may be long: nothing else is kept with it. */
function hearOfEnd(response: Uws.HttpResponse, fate: Fate): void {
  response.onAborted(() => fate.waiting.aborted());
}

export function addressOf(
  response: Uws.HttpResponse,
  headers: () => Readonly<Record<string, string>>,
  clientAddress: ClientAddress = (peer) => peer,
): string {
  const peer = peerAddress(Buffer.from(response.getRemoteAddressAsText()).toString());
  return clientAddress(peer, () => headers()['x-forwarded-for']);
}

export function headersOf(request: Uws.HttpRequest): Record<string, string> {
  const headers = new Headers();
  request.forEach((name, value) => {
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
  });
  return headers;
}

function writeWhole(
  response: Uws.HttpResponse,
  method: string,
  { status, headers, body }: HttpResponse,
  isLast: boolean,
): void {
  response.writeStatus(statusLine(status));
  for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value);
  const isSent = method !== 'HEAD' && !isBodiless(status);
  if (isSent && body.length <= LARGE_LENGTH) {
    response.end(body, isLast);
    return;
  }
  // The client ends the connection: told to do so by an argument, µWS would write a length beside the one below.
  if (isLast) response.writeHeader('connection', 'close');
  if (isSent) {
    writeLarge(response, typeof body === 'string' ? Buffer.from(body) : body);
    return;
  }
  // By hand: given a length, endWithoutBody leaves the response unfinished, and the next request ends it.
  if (!isBodiless(status)) response.writeHeader('content-length', `${Buffer.byteLength(body)}`);
  response.endWithoutBody();
}

/** In bytes or characters: what µWS may copy for a peer that does not take it at once. */
const LARGE_LENGTH = 64 * 1024;

/** Gives µWS what the peer takes, and no more. It breaks off a response that makes no progress for about ten seconds. */
function writeLarge(response: Uws.HttpResponse, body: Uint8Array): void {
  const [isWritten] = response.tryEnd(body, body.length);
  if (isWritten) return;
  response.onWritable((offset) => response.tryEnd(body.subarray(offset), body.length)[0]);
}
