import type { EngineTransport } from './options.ts';
import type { RequestError } from './request-error.ts';
import type { EngineSession } from './session.ts';

/** What the query of a request says of Engine.IO; the rest is the application's. */
export interface EngineQuery {
  readonly version: string | undefined;
  readonly transport: string | undefined;
  readonly sid: string | undefined;
}

export function readQuery(query: string): EngineQuery {
  const parameters = new URLSearchParams(query);
  return {
    version: parameters.get('EIO') ?? undefined,
    transport: parameters.get('transport') ?? undefined,
    sid: parameters.get('sid') ?? undefined,
  };
}

export interface Asked {
  readonly query: EngineQuery;
  readonly method: string;
  /** Whether the request would become a WebSocket. */
  readonly isUpgrade: boolean;
  /** That of the `sid`; `elsewhere`: another node may have it. */
  readonly session: EngineSession | 'elsewhere' | undefined;
  readonly transports: readonly EngineTransport[];
}

/** What is wrong with a request, looked for in the order in which Engine.IO's own server does. */
export function errorOf(asked: Asked): RequestError | undefined {
  const { query, method, isUpgrade, session } = asked;
  if (!(asked.transports as readonly unknown[]).includes(query.transport)) return 'UNKNOWN_TRANSPORT';
  if (query.sid === undefined) {
    if (method !== 'GET') return 'BAD_HANDSHAKE_METHOD';
    if (isUpgrade !== (query.transport === 'websocket')) return 'BAD_REQUEST';
    return query.version === '4' ? undefined : 'UNSUPPORTED_PROTOCOL_VERSION';
  }
  if (session === undefined) return 'UNKNOWN_SID';
  if (isUpgrade !== (query.transport === 'websocket')) return 'BAD_REQUEST';
  const isKnown = method === 'GET' || method === 'POST';
  // A WebSocket is not passed on: its client stays with polling.
  if (session === 'elsewhere') return isKnown && !isUpgrade ? undefined : 'BAD_REQUEST';
  if (isUpgrade) return session.isUpgradable ? undefined : 'BAD_REQUEST';
  return isKnown && session.polling !== undefined ? undefined : 'BAD_REQUEST';
}
