import { deepStrictEqual } from 'node:assert/strict';
import type { TextOperation } from '../../protocol/index.ts';
import type { Message, Wire, WireClient } from '../support/wire.ts';
import { applyAll, ModelRoom } from './model-room.ts';
import { checkOnce, checkSelected, type Sent, type Surroundings } from './sent.ts';

const signals = new Set(['camera', 'cursor']);

/** A device of a user. It keeps what it knows of its rooms while it is not connected. */
export class ModelClient {
  readonly name: string;
  readonly userId: string;
  readonly batches: boolean;
  connection: WireClient | undefined;
  isStalled = false;
  /** Sends heartbeats while time passes. */
  isAlive = true;
  readonly rooms = new Map<string, ModelRoom>();
  readonly saved = new Map<string, ModelRoom[]>();
  readonly joined = new Set<string>();
  readonly views = new Set<string>();
  readonly presence = new Map<string, Message[]>();
  readonly selected = new Map<string, Record<string, string[]>>();
  /** Commands with an opId. */
  readonly repeatable: Sent[] = [];
  readonly #surroundings: Surroundings;
  #pending = new Map<string, Sent>();
  #count = 0;
  /** The ids of all that it ever had. */
  readonly #connections = new Set<string>();
  /** Rooms joined on this connection, and those joined more than once. */
  readonly #begun = new Set<string>();
  readonly #rejoined = new Set<string>();

  constructor(name: string, userId: string, batches: boolean, surroundings: Surroundings) {
    this.name = name;
    this.userId = userId;
    this.batches = batches;
    this.#surroundings = surroundings;
  }

  get unanswered(): readonly Sent[] {
    return [...this.#pending.values()];
  }

  newId(): string {
    return `${this.name}.${++this.#count}`;
  }

  connect(wire: Wire): void {
    this.connection = wire.connect({ protocol: this.batches ? 'tandem.v1' : '' });
    this.#connections.add(this.connection.id);
    this.isStalled = false;
    this.#surroundings.trace(`${this.name} connects`);
  }

  /** The connection is gone; what had not been read is lost, or is read first. */
  disconnected(readsFirst: boolean): void {
    if (readsFirst) this.#takeAll();
    this.connection = undefined;
    this.#pending.clear();
    for (const set of [this.joined, this.views, this.#begun, this.#rejoined]) set.clear();
    this.isStalled = false;
  }

  send(command: Message, more: Omit<Sent, 'command'> = {}): void {
    if (this.connection === undefined) return;
    const ref = this.newId();
    const sent = { command, ...more };
    if (command.type !== 'heartbeat') {
      this.#surroundings.trace(`${this.name} → ${JSON.stringify({ ...command, ref })}`);
    }
    this.#pending.set(ref, sent);
    if (command.opId !== undefined && !this.repeatable.includes(sent)) this.repeatable.push(sent);
    this.connection.send({ ...command, ref });
  }

  signal(command: Message): void {
    this.connection?.send(command);
  }

  receive(): void {
    this.#takeAll();
    if (this.connection?.closedWith !== undefined) {
      this.#surroundings.trace(`${this.name} closed ${JSON.stringify(this.connection.closedWith)}`);
      return this.disconnected(false);
    }
    for (const roomId of this.joined) this.#askForLostTexts(roomId);
  }

  roomOf(roomId: string): ModelRoom {
    const room = this.rooms.get(roomId) ?? new ModelRoom();
    this.rooms.set(roomId, room);
    return room;
  }

  save(roomId: string): void {
    const room = this.roomOf(roomId);
    if (room.needsState || !room.complete || room.epoch === '') return;
    const places = this.saved.get(roomId) ?? [];
    this.saved.set(roomId, places);
    places.push(room.clone());
    if (places.length > 5) places.shift();
  }

  #takeAll(): void {
    for (const message of this.connection?.take() ?? []) {
      if (message.op !== 'heartbeat' && message.type !== 'welcome') {
        this.#surroundings.trace(`${this.name} ← ${JSON.stringify(message)}`);
      }
      this.#take(message);
    }
  }

  #take(message: Message): void {
    const { type, roomId, ref } = message;
    if (type === 'welcome') return;
    if (type === 'ack' || type === 'error') return this.#answered(message);
    if (type === 'conflict') {
      if (message.op !== 'select') this.#answered(message);
      return;
    }
    if (!this.joined.has(roomId)) throw new Error(`[RM2] ${type} of a room that was not joined or was left`);
    const room = this.roomOf(roomId);
    const isRepeatAllowed = this.unanswered.some(
      ({ command }) => command.type === 'requestSync' && command.offset !== undefined,
    );
    switch (type) {
      case 'presence':
        this.presence.set(roomId, message.users);
        return;
      case 'selection_state':
        checkSelected(message.selected);
        this.selected.set(roomId, message.selected);
        return;
      case 'sceneState':
        return this.#replace(room, message);
      case 'sceneDelta':
        return room.delta(message as never);
      case 'message':
        return room.message(message, isRepeatAllowed);
      case 'event':
        this.#checkEcho(message, isRepeatAllowed || this.#rejoined.has(roomId));
        return room.event(message, isRepeatAllowed);
      case 'operation': {
        this.#checkEcho(message, isRepeatAllowed || this.#rejoined.has(roomId));
        const own = this.repeatable.find(({ command }) => command.opId === message.opId)?.command;
        const made = own && this.#made(own, message.connectionId);
        return room.textOperation(message, own !== undefined || isRepeatAllowed, made);
      }
      case 'syncResponse':
        return this.#synchronised(room, message, this.#answer(ref));
      default:
        return this.#signal(message);
    }
  }

  #signal({ type, roomId, planetId, connectionId }: Message): void {
    if (type === 'viewer_cameras') return;
    if (type === 'camera' && !this.views.has(`${roomId} ${planetId}`))
      throw new Error('[VW1] a camera of what is not viewed');
    if (!this.batches && connectionId === this.connection?.id) throw new Error(`[NP6] an own ${type}`);
  }

  #made({ operation, version }: Message, connection = this.connection?.id) {
    return {
      operation: operation as TextOperation,
      madeAt: version as number,
      connection: String(connection),
    };
  }

  /** What is its own comes only within what it missed, in front of its answer. */
  #checkEcho({ type, connectionId, opId, data }: Message, isAllowed: boolean): void {
    if (isAllowed || this.batches || data?.toAll || connectionId !== this.connection?.id) return;
    const isMade = ({ command }: Sent) =>
      type === 'event' ? command.data?.n === data.n : command.opId === opId;
    if (!this.unanswered.some(isMade)) throw new Error(`[NP6] an own ${type} ${opId ?? data.n}`);
  }

  #answer(ref: string): Sent {
    const sent = this.#pending.get(ref);
    if (sent === undefined) throw new Error(`[NP4] an answer to ${ref}, which was answered or never sent`);
    this.#pending.delete(ref);
    return sent;
  }

  #answered(answer: Message): void {
    if (answer.ref === undefined && signals.has(answer.op)) return;
    const sent = this.#answer(answer.ref);
    const { command } = sent;
    if (answer.op !== command.type) throw new Error(`[NP3] ${command.type} was answered as ${answer.op}`);
    if (command.opId !== undefined) checkOnce(this.#surroundings.outcomes, this.userId, command, answer);
    if (command.type === 'leave_viewer') this.views.delete(`${command.roomId} ${command.planetId}`);
    if (answer.type !== 'ack') return;
    if (command.type === 'join') this.#joined(sent, answer);
    if (command.type === 'leave') {
      this.joined.delete(command.roomId);
      for (const view of this.views) if (view.startsWith(`${command.roomId} `)) this.views.delete(view);
    }
    if (command.type === 'operation') {
      const { documentId, roomId } = command;
      this.roomOf(roomId).text(documentId).acknowledge(answer.version, this.#made(command));
    }
  }

  #joined(sent: Sent, ack: Message): void {
    const { roomId } = sent.command;
    if (this.#begun.has(roomId)) this.#rejoined.add(roomId);
    this.#begun.add(roomId);
    this.joined.add(roomId);
    // Without a place nothing is known but what the join named.
    if (ack.epoch === undefined && sent.claimed === undefined) return;
    this.#endStretch(roomId);
    this.rooms.set(roomId, ModelRoom.joined(sent, ack));
  }

  #endStretch(roomId: string, room = this.rooms.get(roomId)): void {
    if (room?.complete && room.epoch !== '' && !room.needsState)
      this.#surroundings.stretches.push({ ...room.stretch(), connections: this.#connections });
  }

  /** What was heard until now is to be checked. */
  endStretches(): void {
    for (const roomId of this.rooms.keys()) this.#endStretch(roomId);
  }

  #replace(room: ModelRoom, state: Message): void {
    this.#endStretch(state.roomId);
    room.replace(state);
  }

  #synchronised(room: ModelRoom, response: Message, { command, from }: Sent): void {
    const { mode, version, epoch, fromVersion, operations = [], documents } = response;
    if (command.documentId !== undefined) {
      const text = documents[command.documentId];
      room.text(command.documentId).reset(text.version, text.text);
      return;
    }
    const isLive = !room.needsState && !this.#isLeaving(command.roomId);
    if (isLive) deepStrictEqual({ version, epoch }, { version: room.version, epoch: room.epoch }, '[RS4]');
    if (mode === 'full') {
      if (room.complete && isLive) room.checkAgainst(response);
      return this.#replace(room, response);
    }
    if (mode === 'current') return deepStrictEqual(command.version, version, '[RS4] not current');
    deepStrictEqual(fromVersion, command.version, '[RS4] not from where it was asked');
    if (from === undefined) return;
    const manifest = structuredClone(from.manifest);
    applyAll(manifest, operations);
    if (isLive) deepStrictEqual(manifest, room.manifest, '[RS4] leads to another scene');
  }

  /** What is answered in front of a leave tells also of what would have been sent with the next flush. */
  #isLeaving(roomId: string): boolean {
    return this.unanswered.some(({ command }) => command.type === 'leave' && command.roomId === roomId);
  }

  #askForLostTexts(roomId: string): void {
    for (const [documentId, text] of this.roomOf(roomId).texts) {
      const isAsked = this.unanswered.some(({ command }) => command.documentId === documentId);
      if (text.lost && !isAsked) this.send({ type: 'requestSync', roomId, documentId });
    }
  }
}
