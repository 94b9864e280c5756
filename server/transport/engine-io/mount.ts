import { isUtf8 } from 'node:buffer';
import { CLOSE_TOO_BIG } from '../../../protocol/closes.ts';
import type { EnginePacket } from '../../dialect/framings/engine-io.ts';
import { decodePayload } from '../../dialect/framings/engine-io-payload.ts';
import { ProtocolViolation } from '../../dialect/framings/protocol-violation.ts';
import { ownedIds } from '../../peers/owner.ts';
import type { Peers } from '../../peers/peers.ts';
import { CLOSE_NORMAL, CLOSE_PROTOCOL_ERROR } from '../close-frame.ts';
import type { Handshake, HttpRequest, HttpResponse } from '../connection.ts';
import { corsHeaders, preflightHeaders } from '../cors.ts';
import { optional } from '../handshake.ts';
import { BodyTooLarge } from '../http-body.ts';
import { type Exchange, type Outcome, refusal } from './exchange.ts';
import { takePackets } from './inbound.ts';
import { setCookie } from './options.ts';
import { Passing } from './passing.ts';
import type { Polling } from './polling.ts';
import { errorOf, readQuery } from './query.ts';
import type { RequestError } from './request-error.ts';
import type { EngineSession } from './session.ts';
import { Sessions, type SessionsParts } from './sessions.ts';
import type { EngineSocket } from './socket.ts';

/** In one body. A client that waited for a request may have very many small packets. */
const MAX_PACKETS = 10_000;

const text = { 'content-type': 'text/plain; charset=UTF-8' };

export interface MountParts extends SessionsParts {
  readonly path: string;
  /** The other nodes; undefined: there are none. */
  readonly peers: Peers | undefined;
}

/** What is served at the path of a mount. Engine.IO protocol 4, "Transports". */
export class Mount {
  readonly #parts: SessionsParts;
  readonly #sessions: Sessions;
  readonly #passing: Passing | undefined;
  /** Sessions of which a body is being read. */
  readonly #posting = new Set<EngineSession>();

  constructor({ peers, path, ...parts }: MountParts) {
    this.#parts = { ...parts, newId: ownedIds(parts.newId, peers) };
    this.#sessions = new Sessions(this.#parts);
    const exchange = (asked: Exchange) => this.#exchange(asked);
    this.#passing = peers && new Passing(path, { peers, options: parts.options, exchange });
  }

  /** Whether a WebSocket with this query may be opened. */
  accepts(query: string): boolean {
    return this.#errorOf({ query: readQuery(query), method: 'GET', isUpgrade: true }) === undefined;
  }

  opened(socket: EngineSocket, handshake: Handshake): void {
    const { sid } = readQuery(handshake.query);
    const session = this.#sessions.get(sid);
    if (sid === undefined) this.#sessions.openSocket(socket, handshake);
    else if (session?.isUpgradable) this.#sessions.upgrade(session, socket);
    else socket.connection.close(CLOSE_NORMAL, '');
  }

  /** Nobody shall wait here for another node. */
  drain(): void {
    this.#passing?.drain();
  }

  /** Ends all sessions. */
  close(): void {
    this.#sessions.close();
  }

  answer(request: HttpRequest): HttpResponse | Promise<HttpResponse> {
    const outcome = this.#outcome(request);
    const shared = { 'cache-control': 'no-store', ...corsHeaders(this.#parts.options.cors, request) };
    const respond = (one: Outcome) => ({ ...one, headers: { ...shared, ...one.headers } });
    return outcome instanceof Promise ? outcome.then(respond) : respond(outcome);
  }

  #outcome(request: HttpRequest): Outcome | Promise<Outcome> {
    const { method, aborted } = request;
    if (method === 'OPTIONS') return { status: 204, headers: preflightHeaders(request), body: '' };
    const query = readQuery(request.query);
    const isUpgrade = request.headers.upgrade?.toLowerCase() === 'websocket';
    const asked: Exchange = { method, query, isUpgrade, aborted, body: (maxBytes) => request.body(maxBytes) };
    const { sid = '' } = query;
    const owner = this.#passing?.ownerOf(sid);
    if (this.#passing === undefined || owner === undefined) return this.#exchange(asked, request);
    const error = this.#errorOf(asked);
    return error === undefined ? this.#passing.pass(owner, sid, request) : refusal(error);
  }

  /** @param opening what may open a session */
  #exchange(asked: Exchange, opening?: HttpRequest): Outcome | Promise<Outcome> {
    const error = this.#errorOf(asked);
    // An upgrade that comes here although nothing is wrong with it is no WebSocket that can be opened.
    if (error !== undefined || asked.isUpgrade) return refusal(error ?? 'BAD_REQUEST');
    const session = this.#sessions.get(asked.query.sid);
    if (session !== undefined)
      return asked.method === 'GET' ? this.#poll(asked, session) : this.#receive(asked, session);
    return opening === undefined ? refusal('UNKNOWN_SID') : this.#open(opening);
  }

  #errorOf(asked: Pick<Exchange, 'query' | 'method' | 'isUpgrade'>): RequestError | undefined {
    const { sid } = asked.query;
    const isElsewhere = this.#passing?.ownerOf(sid) !== undefined;
    const session = isElsewhere ? 'elsewhere' : this.#sessions.get(sid);
    return errorOf({ ...asked, session, transports: this.#parts.options.transports });
  }

  #open(request: HttpRequest): Outcome {
    const { cookie } = this.#parts.options;
    const { sid, packet } = this.#sessions.openPolling(handshakeOf(request));
    const headers = cookie === undefined ? text : { ...text, 'set-cookie': setCookie(cookie, sid) };
    return { status: 200, headers, body: packet };
  }

  #poll({ aborted, hurried }: Exchange, session: EngineSession): Outcome | Promise<Outcome> {
    const polling = session.polling as Polling;
    if (polling.isHeld) {
      session.violate(CLOSE_PROTOCOL_ERROR);
      return refusal('BAD_REQUEST');
    }
    const outcomeOf = (payload: string | undefined): Outcome =>
      payload === undefined ? refusal('UNKNOWN_SID') : { status: 200, headers: text, body: payload };
    aborted.addEventListener('abort', () => session.broken(), { once: true });
    const payload = polling.poll();
    if (!(payload instanceof Promise)) return outcomeOf(payload);
    hurried?.addEventListener('abort', () => polling.hurry(), { once: true });
    return payload.then(outcomeOf);
  }

  async #receive({ body: read }: Exchange, session: EngineSession): Promise<Outcome> {
    if (this.#posting.has(session)) {
      session.violate(CLOSE_PROTOCOL_ERROR);
      return refusal('BAD_REQUEST');
    }
    const { maxPayloadBytes } = this.#parts.options;
    this.#posting.add(session);
    try {
      const body = await read(maxPayloadBytes);
      // Meanwhile the session may have gone, or to another transport.
      if (session.polling === undefined) return refusal('BAD_REQUEST');
      const isUnderstood = takePackets(session, () => packetsOf(body, maxPayloadBytes));
      if (!isUnderstood) return refusal('BAD_REQUEST');
      return { status: 200, headers: { 'content-type': 'text/html' }, body: 'ok' };
    } catch (error) {
      if (!(error instanceof BodyTooLarge)) {
        session.broken();
        throw error;
      }
      session.violate(CLOSE_TOO_BIG);
      return { status: 413, headers: {}, body: '' };
    } finally {
      this.#posting.delete(session);
    }
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
