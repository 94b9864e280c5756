import { isUtf8 } from 'node:buffer';
import { CLOSE_TOO_BIG } from '../../../protocol/closes.ts';
import type { EnginePacket } from '../../dialect/framings/engine-io.ts';
import { decodePayload } from '../../dialect/framings/engine-io-payload.ts';
import { ProtocolViolation } from '../../dialect/framings/protocol-violation.ts';
import type { Handshake, HttpRequest, HttpResponse } from '../connection.ts';
import { optional } from '../handshake.ts';
import { BodyTooLarge } from '../http-body.ts';
import { CLOSE_NORMAL, CLOSE_PROTOCOL_ERROR } from './closes.ts';
import { corsHeaders, preflightHeaders } from './cors.ts';
import { takePackets } from './inbound.ts';
import { setCookie } from './options.ts';
import type { Polling } from './polling.ts';
import { errorOf, readQuery } from './query.ts';
import { type RequestError, requestErrors } from './request-error.ts';
import type { EngineSession } from './session.ts';
import { Sessions, type SessionsParts } from './sessions.ts';
import type { EngineSocket } from './socket.ts';

/** In one body. A client that waited for a request may have very many small packets. */
const MAX_PACKETS = 10_000;

const text = { 'content-type': 'text/plain; charset=UTF-8' };

/** What is served at the path of a mount. Engine.IO protocol 4, "Transports". */
export class Mount {
  readonly #parts: SessionsParts;
  readonly #sessions: Sessions;
  /** Sessions of which a body is being read. */
  readonly #posting = new Set<EngineSession>();

  constructor(parts: SessionsParts) {
    this.#parts = parts;
    this.#sessions = new Sessions(parts);
  }

  /** Whether a WebSocket with this query may be opened. */
  accepts(query: string): boolean {
    return this.#errorOf(query, 'GET', true) === undefined;
  }

  opened(socket: EngineSocket, handshake: Handshake): void {
    const { sid } = readQuery(handshake.query);
    const session = this.#sessions.get(sid);
    if (sid === undefined) this.#sessions.openSocket(socket, handshake);
    else if (session?.isUpgradable) this.#sessions.upgrade(session, socket);
    else socket.connection.close(CLOSE_NORMAL, '');
  }

  /** Ends all sessions. */
  close(): void {
    this.#sessions.close();
  }

  answer(request: HttpRequest): HttpResponse | Promise<HttpResponse> {
    const { method, query } = request;
    if (method === 'OPTIONS') return this.#reply(request, 204, '', preflightHeaders(request));
    const isUpgrade = request.headers.upgrade?.toLowerCase() === 'websocket';
    const error = this.#errorOf(query, method, isUpgrade);
    // An upgrade that comes here although nothing is wrong with it is no WebSocket that can be opened.
    if (error !== undefined || isUpgrade) return this.#refuse(request, error ?? 'BAD_REQUEST');
    const session = this.#sessions.get(readQuery(query).sid);
    if (session === undefined) return this.#open(request);
    return method === 'GET' ? this.#poll(request, session) : this.#receive(request, session);
  }

  #errorOf(query: string, method: string, isUpgrade: boolean): RequestError | undefined {
    const read = readQuery(query);
    const session = this.#sessions.get(read.sid);
    return errorOf({ query: read, method, isUpgrade, session, transports: this.#parts.options.transports });
  }

  #open(request: HttpRequest): HttpResponse {
    const { cookie } = this.#parts.options;
    const { sid, packet } = this.#sessions.openPolling(handshakeOf(request));
    const headers = cookie === undefined ? text : { ...text, 'set-cookie': setCookie(cookie, sid) };
    return this.#reply(request, 200, packet, headers);
  }

  #poll(request: HttpRequest, session: EngineSession): HttpResponse | Promise<HttpResponse> {
    const polling = session.polling as Polling;
    if (polling.isHeld) {
      session.violate(CLOSE_PROTOCOL_ERROR);
      return this.#refuse(request, 'BAD_REQUEST');
    }
    const respond = (payload: string | undefined) =>
      payload === undefined ? this.#refuse(request, 'UNKNOWN_SID') : this.#reply(request, 200, payload, text);
    const payload = polling.poll();
    if (!(payload instanceof Promise)) return respond(payload);
    request.aborted.addEventListener('abort', () => session.broken(), { once: true });
    return payload.then(respond);
  }

  async #receive(request: HttpRequest, session: EngineSession): Promise<HttpResponse> {
    if (this.#posting.has(session)) {
      session.violate(CLOSE_PROTOCOL_ERROR);
      return this.#refuse(request, 'BAD_REQUEST');
    }
    const { maxPayloadBytes } = this.#parts.options;
    this.#posting.add(session);
    try {
      const body = await request.body(maxPayloadBytes);
      // Meanwhile the session may have gone, or to another transport.
      if (session.polling === undefined) return this.#refuse(request, 'BAD_REQUEST');
      const isUnderstood = takePackets(session, () => packetsOf(body, maxPayloadBytes));
      if (!isUnderstood) return this.#refuse(request, 'BAD_REQUEST');
      return this.#reply(request, 200, 'ok', { 'content-type': 'text/html' });
    } catch (error) {
      if (!(error instanceof BodyTooLarge)) {
        session.broken();
        throw error;
      }
      session.violate(CLOSE_TOO_BIG);
      return this.#reply(request, 413, '', {});
    } finally {
      this.#posting.delete(session);
    }
  }

  #refuse(request: HttpRequest, error: RequestError): HttpResponse {
    const body = JSON.stringify(requestErrors[error]);
    return this.#reply(request, 400, body, { 'content-type': 'application/json' });
  }

  #reply(
    request: HttpRequest,
    status: number,
    body: string,
    headers: Readonly<Record<string, string>>,
  ): HttpResponse {
    const shared = { 'cache-control': 'no-store', ...corsHeaders(this.#parts.options.cors, request) };
    return { status, headers: { ...shared, ...headers }, body };
  }
}

function packetsOf(body: Uint8Array, maxPayloadBytes: number): EnginePacket[] {
  if (!isUtf8(body)) throw new ProtocolViolation('INVALID_UTF8');
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
  return decodePayload(text, { maxPayloadBytes, maxPackets: MAX_PACKETS });
}

function handshakeOf({ path, query, headers, address }: HttpRequest): Handshake {
  return {
    path,
    query,
    headers,
    authorization: optional(headers.authorization),
    cookie: optional(headers.cookie),
    origin: optional(headers.origin),
    host: optional(headers.host),
    address,
    protocol: '',
  };
}
