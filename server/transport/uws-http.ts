import type * as Uws from 'uWebSockets.js';
import type { HttpHandler, HttpResponse } from './connection.ts';
import { isBodiless, responseTo, statusLine } from './http-response.ts';

/** Answers a request, at once or later. The µWS request is read before this returns: it is gone afterwards. */
export function answerUws(http: HttpHandler, response: Uws.HttpResponse, request: Uws.HttpRequest): void {
  let aborted = false;
  response.onAborted(() => {
    aborted = true;
  });
  const method = request.getCaseSensitiveMethod().toUpperCase();
  const answer = responseTo(http, { method, path: request.getUrl(), query: request.getQuery() ?? '' });
  if (!(answer instanceof Promise)) {
    write(response, method, answer);
    return;
  }
  answer.then((late) => {
    // To touch a response after it was aborted ends the process.
    if (!aborted) response.cork(() => write(response, method, late));
  });
}

function write(response: Uws.HttpResponse, method: string, { status, headers, body }: HttpResponse): void {
  response.writeStatus(statusLine(status));
  for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value);
  if (method !== 'HEAD' && !isBodiless(status)) {
    response.end(body);
    return;
  }
  // By hand: given a length, endWithoutBody leaves the response unfinished, and the next request ends it.
  if (!isBodiless(status)) response.writeHeader('content-length', `${Buffer.byteLength(body)}`);
  response.endWithoutBody();
}
