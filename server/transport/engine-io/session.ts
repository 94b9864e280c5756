import { CLOSE_ABNORMAL, CLOSE_NORMAL } from '../close-frame.ts';
import type { Connection, ConnectionHandler, Frame, SendResult } from '../connection.ts';
import type { DropReports } from '../drop-reports.ts';
import type { Topics } from '../topics.ts';
import type { Beating, Heartbeat } from './heartbeat.ts';
import { type Inbound, takeFrame } from './inbound.ts';
import { bytesOf, CLOSE, NOOP, type OutboundPacket, PING } from './packet.ts';
import { Polling, type PollingEvents } from './polling.ts';
import type { EngineSocket, SocketOwner } from './socket.ts';
import type { Upgrade, Upgrading } from './upgrade.ts';

/** What the sessions of a mount have in common. */
export interface SessionParts {
  readonly handler: ConnectionHandler;
  readonly heartbeat: Heartbeat<EngineSession>;
  readonly drops: DropReports;
  readonly topics: Topics<Polling>;
  readonly maxBufferedBytes: number;
  readonly maxPayloadBytes: number;
  /** The session has closed, but what is left for the client waits for a poll: see `leave`. */
  readonly lingers: (session: EngineSession) => void;
  /** Nobody asks for the session any more. */
  readonly gone: (session: EngineSession) => void;
}

/** A session of Engine.IO as a connection: what its frames and closes are says `EngineIoMount`. */
export class EngineSession implements Connection, Inbound, Beating, SocketOwner, PollingEvents, Upgrading {
  readonly id: string;
  state: unknown = undefined;
  readonly #parts: SessionParts;
  #carrier: Polling | Connection;
  #isOpen = true;
  #owesPing = false;
  /** At most one at a time. */
  #upgrade: Upgrade | undefined;
  #closedWith: { code: number; reason: string } | undefined;

  /** @param begins the WebSocket's connection, or how many packets the client takes at once over long-polling */
  constructor(id: string, parts: SessionParts, begins: Connection | number) {
    const { topics, maxBufferedBytes } = parts;
    this.id = id;
    this.#parts = parts;
    this.#carrier =
      typeof begins === 'number'
        ? new Polling({ topics, maxBufferedBytes, maxPackets: begins, events: this })
        : begins;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The long-polling, as long as polls get something. */
  get polling(): Polling | undefined {
    return this.#carrier instanceof Polling && this.#carrier.isServed ? this.#carrier : undefined;
  }

  get isPolling(): boolean {
    return this.#carrier instanceof Polling;
  }

  /** The WebSocket's connection. */
  get connection(): Connection | undefined {
    return this.#carrier instanceof Polling ? undefined : this.#carrier;
  }

  // --- The connection, for the layer above

  send(frame: Frame): SendResult {
    return this.#isOpen ? this.#carrier.send(frame) : 'dropped';
  }

  cork(action: () => void): void {
    this.#carrier.cork(action);
  }

  subscribe(topic: string): void {
    if (this.#isOpen) this.#carrier.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.#carrier.unsubscribe(topic);
  }

  bufferedBytes(): number {
    return this.#isOpen ? this.#carrier.bufferedBytes() : 0;
  }

  close(code: number, reason: string): void {
    this.#end(code, false, (carrier) => {
      this.#closedWith = { code, reason };
      // On a WebSocket without a close packet: the client in Python takes one for a goodbye, and never comes back.
      carrier.close(code, reason);
    });
  }

  terminate(): void {
    this.#end(CLOSE_ABNORMAL, false, (carrier) => carrier.terminate());
  }

  // --- What the client does

  received(bytes: Uint8Array, isBinary: boolean): void {
    takeFrame(this, bytes, isBinary, this.#parts.maxPayloadBytes);
  }

  message(bytes: Uint8Array, isBinary: boolean): void {
    this.#parts.handler.received(this, bytes, isBinary);
  }

  pong(): void {
    this.#parts.heartbeat.rest(this);
  }

  goodbye(): void {
    this.#end(CLOSE_NORMAL, true, (carrier) => {
      if (carrier instanceof Polling) carrier.end(NOOP);
      else carrier.close(CLOSE_NORMAL, '');
    });
  }

  violate(code: number): void {
    this.#end(code, false, (carrier) => {
      if (carrier instanceof Polling) carrier.end(CLOSE);
      else carrier.close(code, '');
    });
  }

  /** A request of the long-polling broke off. */
  broken(): void {
    if (this.polling !== undefined) this.terminate();
  }

  // --- The heartbeat

  ping(): void {
    this.#owesPing = this.#carrier.send(PING) === 'dropped';
  }

  timedOut(): void {
    this.#end(CLOSE_ABNORMAL, false, (carrier) => {
      if (carrier instanceof Polling) carrier.end(carrier.farewell);
      else carrier.terminate();
    });
  }

  // --- What the carriers tell

  drained(): void {
    this.#parts.drops.flush(this);
    if (this.#owesPing) this.ping();
    if (this.#isOpen) this.#parts.handler.drained(this);
  }

  dropped(frame: Uint8Array): void {
    if (this.#isOpen) this.#parts.handler.dropped(this, frame);
  }

  lost(packet: OutboundPacket): void {
    const { drops } = this.#parts;
    if (!drops.has(this)) drops.add(this, bytesOf(packet));
  }

  closed(code: number, clean: boolean): void {
    this.#end(code, clean, () => {});
  }

  farewellTaken(): void {
    this.leave();
  }

  // --- The upgrade

  /** Whether a WebSocket may try to take over. */
  get isUpgradable(): boolean {
    return this.#isOpen && this.#upgrade === undefined && this.polling !== undefined;
  }

  upgradeBegun(upgrade: Upgrade): void {
    this.#upgrade = upgrade;
  }

  release(isReleasing: boolean): void {
    this.polling?.release(isReleasing);
  }

  upgradeEnded(): void {
    this.#upgrade = undefined;
  }

  /**
   * All in one turn: what was not fetched goes first, then the topics move. What was published before is in the
   * buffer already, what is published from now on goes to the WebSocket.
   */
  moveTo(socket: EngineSocket): void {
    const { polling } = this;
    const { connection } = socket;
    if (polling === undefined) {
      connection.close(CLOSE_NORMAL, '');
      return;
    }
    const { packets, topics, isBehind } = polling.moveOut();
    connection.cork(() => {
      for (const packet of packets) if (connection.send(packet.frame) === 'dropped') this.lost(packet);
    });
    this.#carrier = connection;
    if (this.#closedWith !== undefined) {
      connection.close(this.#closedWith.code, this.#closedWith.reason);
      this.leave();
      return;
    }
    socket.owner = this;
    for (const topic of topics) connection.subscribe(topic);
    if (isBehind) this.drained();
  }

  // --- The end

  /** Forgets what is left of a session that has closed. */
  leave(): void {
    this.polling?.terminate();
    this.#upgrade?.abandon();
    this.#parts.gone(this);
  }

  #end(code: number, clean: boolean, farewell: (carrier: Polling | Connection) => void): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { handler, heartbeat, drops, lingers } = this.#parts;
    heartbeat.stop(this);
    drops.forget(this);
    farewell(this.#carrier);
    if (this.polling === undefined) this.leave();
    else lingers(this);
    handler.closed(this, code, clean);
  }
}
