import type { MessageOf } from '../../protocol/index.ts';
import { Backoff } from './backoff.ts';
import type { ConnectionEvents, Status } from './connection-types.ts';
import { asError, errorOf, TandemError } from './error.ts';
import { Events } from './events.ts';
import { Heartbeat } from './heartbeat.ts';
import type { ConnectOptions, Terms } from './options.ts';
import { tokenBy, tokenEnded, tokenRefused, userIdIn } from './token.ts';
import type { End, Socket, TransportName } from './transport.ts';
import { Wires } from './wires.ts';

type Welcome = MessageOf<'welcome'>;

const LOST_AFTER_MS = 5000;
/** One that has lasted as long was a good one: the next attempt is a first one again. */
const LASTED_MS = 5000;
const TOKEN_AGAIN_MS = 5000;
/** An attempt, with all from the token to the welcome, is given up after this. */
const CONNECT_WITHIN_MS = 20_000;
const AUTH_REF = 'auth';

/** One connection after the other, each authenticated before anything else is said. */
export class Connection {
  readonly events = new Events<ConnectionEvents>();
  status: Status = 'connecting';
  /** The latest: what it says counts until the next one, with which each connection begins. [SPEC: NP2] */
  welcome: Welcome | undefined;
  readonly #options: ConnectOptions;
  readonly #terms: Terms;
  readonly #backoff: Backoff;
  readonly #heartbeat: Heartbeat;
  readonly #wires: Wires;
  #socket: Socket | undefined;
  #isAuthenticated = false;
  #tokenUserId: string | undefined;
  #knownUserId: unknown;
  #openSinceMs = 0;
  /** Counts attempts, so that what an earlier one was waiting for is left alone. */
  #attempt = 0;
  #cancelAttempt = () => {};
  #cancelLost: (() => void) | undefined;

  constructor(url: string, options: ConnectOptions, terms: Terms) {
    this.#options = options;
    this.#terms = terms;
    this.#backoff = new Backoff(terms.random, options.backoff);
    this.#heartbeat = new Heartbeat(
      terms.clock,
      (message) => this.#socket?.send(message),
      () => this.#broken(),
    );
    this.#wires = new Wires(url, options, terms, () => this.#change());
  }

  /** Tries for the first time. What was begun goes on as it is. */
  start(): void {
    if (this.#attempt === 0 && this.#cancelLost === undefined) this.#attemptSoon(0);
  }

  /** What it goes over, or will at the next attempt. */
  get transport(): TransportName {
    return this.#wires.transport;
  }

  /** More would have to wait. */
  get isBusy(): boolean {
    return this.#socket?.isBusy === true;
  }

  /** The least time between two signals of a kind. */
  get signalMs(): number {
    return Math.max(this.welcome?.tickMs ?? 16, this.#socket?.signalMs ?? 0);
  }

  /** From a heartbeat to its answer; undefined before the first. */
  get roundTripMs(): number | undefined {
    return this.#heartbeat.roundTripMs;
  }

  /** Who the token says this is; undefined for a guest. */
  get userId(): string | undefined {
    return this.welcome?.userId ?? this.#tokenUserId;
  }

  /** Only while `status` is open: nothing is kept here. */
  send(message: object): void {
    if (this.status === 'open') this.#socket?.send(message);
  }

  /** Something has happened to the network, or to the page: it may be there again, or gone unnoticed. */
  wake(): void {
    if (this.status === 'open') this.#heartbeat.check();
    else this.retryNow();
  }

  /** Tries at once, where it waits. */
  retryNow(): void {
    if (this.status !== 'waiting') return;
    this.#cancelAttempt();
    this.#attemptSoon(0);
  }

  close(error?: TandemError): void {
    if (this.status === 'closed') return;
    this.#forget(true);
    this.#cancelLost?.();
    this.#become('closed');
    if (error !== undefined) this.events.emit('error', error);
  }

  #attemptSoon(delayMs: number): void {
    this.#cancelLost ??= this.#terms.clock.after(LOST_AFTER_MS, () => this.events.emit('lost', undefined));
    this.#cancelAttempt = this.#terms.clock.after(delayMs, () => {
      this.#become('connecting');
      this.#open().catch((cause) => this.#unopened(cause));
    });
  }

  async #open(): Promise<void> {
    const attempt = ++this.#attempt;
    this.#cancelAttempt = this.#terms.clock.after(CONNECT_WITHIN_MS, () => this.#broken());
    const token = await this.#token();
    if (attempt !== this.#attempt || this.status === 'closed') return;
    if (token === 'failed') return this.#comeBack();
    const userId = token && userIdIn(token);
    if (this.#isAnother(userId)) return;
    this.#tokenUserId = userId;
    this.#socket = this.#wires.open(token, {
      opened: () => this.#isAuthenticated || this.#authenticate(token as string),
      received: (message) => this.#received(message),
      closed: (end) => this.#closed(end),
    });
    // The one shows it with its request, the other, in browsers, cannot.
    this.#isAuthenticated = token === undefined || this.transport === 'event-stream';
  }

  #token(): Promise<string | undefined | 'failed'> {
    return tokenBy(this.#options, (error) => this.events.emit('error', error));
  }

  /** The rooms, and what waits in them, are of the first user that was known: no other may send it. */
  #isAnother(now: unknown): boolean {
    this.#knownUserId ||= now;
    if (!now || now === this.#knownUserId) return false;
    this.close(new TandemError('IDENTITY_MISMATCH', 'The token is of another user.'));
    return true;
  }

  #authenticate(token: string): void {
    this.#socket?.send({ type: 'auth', token, ref: AUTH_REF });
  }

  #received(message: Readonly<Record<string, unknown>>): void {
    this.#heartbeat.heard(message);
    if (message.type === 'welcome') {
      if (this.#isAnother(message.userId)) return;
      this.welcome = message as unknown as Welcome;
      this.#heartbeat.start(this.#options.heartbeatMs ?? this.welcome.heartbeatMs);
    } else if (message.ref === AUTH_REF) {
      if (message.type === 'error') return this.#tokenRefused(errorOf(message));
      this.#isAuthenticated = true;
    } else if (message.type === 'auth_expiring') this.#refresh();
    if (this.status === 'connecting' && this.#isAuthenticated) this.#ready();
    this.events.emit('message', message);
  }

  #ready(): void {
    this.#openSinceMs = this.#terms.clock.monotonic();
    this.#cancelAttempt();
    this.#cancelLost?.();
    this.#cancelLost = undefined;
    // A listener may close.
    this.#wires.ready();
    this.#become('open');
  }

  /** A new token before the old one ends; where there is none, the server says what follows. */
  async #refresh(): Promise<void> {
    if (this.#options.getToken === undefined) return;
    const attempt = this.#attempt;
    const token = await this.#token();
    if (attempt !== this.#attempt || this.status !== 'open' || token === undefined) return;
    if (token !== 'failed') return this.#authenticate(token);
    this.#terms.clock.after(TOKEN_AGAIN_MS, () => attempt === this.#attempt && this.#refresh());
  }

  #tokenRefused(error: TandemError): void {
    if (tokenRefused.has(error.code) && !this.#mayHaveAnother(error.code)) return this.close(error);
    this.events.emit('error', error);
    // One that is open lives on with the old token, and the end of that decides.
    if (this.status !== 'open') this.#broken(error.details.retryAfterMs);
  }

  #mayHaveAnother(code: string): boolean {
    return this.#options.getToken !== undefined && tokenEnded.has(code);
  }

  #closed({ code, message = '', isFinal, retryAfterMs }: End): void {
    const error = new TandemError(code as TandemError['code'], message);
    if (isFinal && !this.#mayHaveAnother(error.code)) return this.close(error);
    // A token that was good until now has only come to its end.
    if (isFinal && this.status !== 'open') this.events.emit('error', error);
    this.#broken(retryAfterMs);
  }

  /** There may be another transport than WebSockets, where one could not even be made. */
  #unopened(cause: unknown): void {
    const isWebSocket = this.transport === 'websocket';
    this.#wires.done();
    if (isWebSocket && this.transport !== 'websocket') this.#broken();
    else this.close(asError(cause, 'INVALID_URL'));
  }

  /** Another transport is better by now: rooms are resumed on it, and nobody has to notice. */
  #change(): void {
    this.#forget(false);
    this.#become('waiting');
    this.retryNow();
  }

  #broken(advisedMs?: number): void {
    if (this.status === 'closed') return;
    const lastedMs = this.#terms.clock.monotonic() - this.#openSinceMs;
    if (this.status === 'open' && lastedMs >= LASTED_MS) this.#backoff.reset();
    this.#forget(false);
    this.#comeBack(advisedMs);
  }

  #comeBack(advisedMs?: number): void {
    this.#cancelAttempt();
    // A listener may close, or try at once, in place of it.
    this.#attemptSoon(this.#backoff.nextMs(advisedMs));
    this.#become('waiting');
  }

  #forget(goodbye: boolean): void {
    this.#attempt += 1;
    this.#cancelAttempt();
    this.#heartbeat.stop();
    this.#wires.done();
    this.#socket?.end(goodbye);
    this.#socket = undefined;
  }

  #become(status: Status): void {
    if (this.status === status) return;
    this.status = status;
    this.events.emit('status', status);
  }
}
