import type { HttpRequest } from '../connection.ts';
import type { EngineQuery } from './query.ts';
import { type RequestError, requestErrors } from './request-error.ts';

/** A request as far as it concerns a session, whichever node it has come to. */
export interface Exchange extends Pick<HttpRequest, 'method' | 'aborted' | 'body'> {
  readonly query: EngineQuery;
  /** Whether the request would become a WebSocket. */
  readonly isUpgrade: boolean;
  /** Aborts when a poll shall not wait any more. */
  readonly hurried?: AbortSignal;
}

/** Its answer, without what is for the page that reads it. */
export interface Outcome {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function refusal(error: RequestError): Outcome {
  const isPassing = error === 'NODE_UNREACHABLE';
  const headers = { 'content-type': 'application/json', ...(isPassing ? { 'retry-after': '1' } : {}) };
  return { status: isPassing ? 503 : 400, headers, body: JSON.stringify(requestErrors[error]) };
}
