import type { JsonObject, MessageOf } from '../../protocol/index.ts';
import { Cameras } from './cameras.ts';
import { Chat } from './chat.ts';
import { Content } from './content.ts';
import { copied } from './copied.ts';
import { asError, errorOf, TandemError } from './error.ts';
import { Events } from './events.ts';
import { Joining } from './joining.ts';
import { Keeping } from './keeping.ts';
import type { Terms } from './options.ts';
import { type Ack, Outbox } from './outbox.ts';
import { Presence } from './presence.ts';
import type { Incoming, Link, RelayOptions, RoomEvents, RoomStatus, User } from './room-types.ts';
import { Scene } from './scene.ts';
import { Selection } from './selection.ts';
import { type SignalFields, type SignalKind, Signals } from './signals.ts';
import type { RoomText } from './text/room-text.ts';
import { Texts } from './texts.ts';
import { Wishes } from './wishes.ts';

/** A room, kept up to date for as long as it is not left, whatever happens to connections. */
export class Room extends Events<RoomEvents> {
  readonly id: string;
  readonly presence: Presence;
  readonly selection: Selection;
  readonly cameras: Cameras;
  readonly scene: Scene;
  readonly chat: Chat;
  /** Resolves with the first join; rejects where the room is refused, or left before. */
  readonly joined: Promise<void>;
  status: RoomStatus = 'joining';
  readonly #link: Link;
  readonly #outbox: Outbox;
  readonly #keeping: Keeping;
  readonly #signals: Signals;
  readonly #selected: Wishes;
  readonly #viewed: Wishes;
  readonly #joining: Joining;
  readonly #texts: Texts;
  readonly #content: Content;
  /** Names of events that this client has sent `toAll`. A frame of `tandem.v1` brings one's own in any case. [NP7] */
  readonly #heardByAll = new Set<unknown>();
  /** As the server has accepted it: a join with what it refuses would end the room. */
  #user!: User;
  /** With what it was not yet told of. */
  #wanted!: User;
  #ended: TandemError | undefined;

  /** @internal */
  constructor(id: string, user: User, link: Link, terms: Terms) {
    super();
    this.id = id;
    this.as(user);
    this.#link = link;
    this.#joining = new Joining(terms, (ref) => {
      // Nothing that is undefined is sent.
      this.#send({ type: 'join', user: this.#user, scene: true, ref, since: this.#content.place });
    });
    this.joined = this.#joining.first;
    this.#keeping = new Keeping(terms.outbox, this);
    const maxMessageBytes = () => link.connection.welcome?.limits?.MAX_MESSAGE_BYTES ?? 64 * 1024;
    this.#outbox = new Outbox(terms, this.#keeping, {
      send: (command) => {
        if (command.toAll) this.#heardByAll.add(command.event);
        link.connection.send(command);
      },
      changed: () => this.emit('pending', this.pending),
      maxMessageBytes,
      notJoined: () => this.#joining.begin(),
    });
    this.#signals = new Signals(terms.clock, link.connection, (signal) => {
      if (this.status === 'joined') this.#send(signal);
    });
    const submit = this.#submit;
    this.#selected = new Wishes('select', 'unselect', submit);
    this.#viewed = new Wishes('join_viewer', 'leave_viewer', submit);
    this.presence = new Presence(
      (userId) => userId === this.userId,
      (details) => this.#introduce(details),
    );
    this.selection = new Selection(this.#selected);
    this.cameras = new Cameras(this.#viewed, this.#signals);
    this.scene = new Scene(submit);
    this.chat = new Chat(submit);
    const requestSync = (what: object) => this.#send({ type: 'requestSync', ...what });
    this.#texts = new Texts(this, terms, submit, requestSync, maxMessageBytes);
    this.#content = new Content({
      scene: this.scene,
      chat: this.chat,
      texts: this.#texts,
      event: (message) => {
        const isOwn = link.isOwn(message.connectionId);
        if (!isOwn || this.#heardByAll.has(message.event)) this.emit('event', message);
      },
      requestSync,
    });
  }

  /** Who this user is: by the token or, as a guest, by the `user` of the join. */
  get userId(): string | undefined {
    return this.#link.connection.userId ?? this.#user.userId ?? this.#user.id;
  }

  /** How many ordered commands wait for an answer, and texts for their turn: 0 says that all is saved. */
  get pending(): number {
    return this.#outbox.size + this.#texts.waiting;
  }

  /** A text document of the room. Needs the option `text` of `connect`. */
  text(documentId: string): RoomText {
    return this.#texts.get(documentId);
  }

  /** Tells the others where the pointer is, whether one types, how far one has scrolled. Throws where it is no JSON. */
  signal<K extends Exclude<SignalKind, 'camera'>>(kind: K, fields: SignalFields<K>): void {
    this.#signals.send(kind, fields, (fields as { target?: string }).target);
  }

  /** An event of the application's own, for the others in the room. Resolves when it is durable. */
  relay(event: string, data: unknown, options?: RelayOptions): Promise<Ack> {
    return this.#submit({ type: 'relay', event, data, ...options });
  }

  /** What waits for an answer is rejected with LEFT; it may have taken effect. */
  leave(): void {
    if (this.#ended !== undefined) return;
    this.#send({ type: 'leave' });
    this.#end('left', new TandemError('LEFT', 'The room was left.'));
  }

  /** Before it is entered: who enters. Throws a TypeError where that is no JSON. @internal */
  as(user: User): void {
    this.#user = copied(user);
    this.#wanted = this.#user;
  }

  /** @internal */
  connected(): void {
    if (this.status === 'joining') this.#joining.begin();
  }

  /** @internal */
  disconnected(): void {
    this.#joining.stop();
    this.#outbox.pause();
    if (this.status === 'joined') this.#become('joining');
  }

  /** The client has ended. @internal */
  closed(error: TandemError): void {
    if (this.#ended === undefined) this.#end('left', error);
  }

  /** @internal */
  received(message: Incoming): void {
    switch (message.type) {
      case 'ack':
      case 'error':
        if (!this.answered(message) && message.type === 'error') this.emit('error', errorOf(message));
        return;
      case 'conflict':
        this.selection.emit('conflict', message as unknown as MessageOf<'conflict'>);
        return void this.#outbox.answer(message);
      case 'presence':
        this.presence.received(message as unknown as MessageOf<'presence'>);
        return this.cameras.keepOnly(new Set(this.presence.users.map(({ userId }) => userId)));
      case 'selection_state':
        return this.selection.received(message as unknown as MessageOf<'selection_state'>);
      case 'viewer_cameras':
        return this.cameras.received(message as unknown as MessageOf<'viewer_cameras'>);
      case 'sceneState':
        return this.#content.state(message as unknown as MessageOf<'sceneState'>);
      case 'sceneDelta':
        return this.#content.delta(message as unknown as MessageOf<'sceneDelta'>);
      case 'syncResponse':
        return this.#content.synced(message as unknown as MessageOf<'syncResponse'>);
      case 'camera':
      case 'cursor':
      case 'typing':
      case 'scroll':
        return this.#signalled(message as unknown as MessageOf<SignalKind>);
      case 'message':
      case 'operation':
      case 'event':
        return this.#content.ordered(message as unknown as MessageOf<'message' | 'operation' | 'event'>);
    }
  }

  #signalled(message: MessageOf<SignalKind>): void {
    if (this.#link.isOwn(message.connectionId)) return;
    if (message.type === 'camera') this.cameras.received(message);
    else this.emit(message.type, message as never);
  }

  /** False: nothing here has asked for it. @internal */
  answered(message: Incoming): boolean {
    const outcome = this.#joining.answered(message);
    if (outcome === 'joined') {
      for (const one of [this.#selected, this.#viewed]) one.again((command) => this.#send(command));
      this.#become('joined');
      if (this.#content.place !== undefined) this.#texts.resumed();
      this.#keeping.open(this.#outbox, this.scene);
    } else if (outcome === 'refused') this.#end('refused', errorOf(message));
    return outcome !== undefined || this.#outbox.answer(message);
  }

  #send(command: object): void {
    this.#link.connection.send({ ...command, roomId: this.id });
  }

  async #introduce(details: JsonObject): Promise<void> {
    let user: User | undefined;
    try {
      user = copied({ ...this.#wanted, ...details });
      this.#wanted = user;
      await this.#submit({ type: 'join', user });
      this.#user = user;
    } catch (error) {
      if (this.#wanted === user) this.#wanted = this.#user;
      throw asError(error, 'NOT_JSON');
    }
  }

  readonly #submit = (command: Readonly<Record<string, unknown>>): Promise<Ack> => {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    try {
      return this.#outbox.submit({ ...command, roomId: this.id });
    } catch (cause) {
      return Promise.reject(asError(cause, 'NOT_JSON'));
    }
  };

  #end(status: RoomStatus, error: TandemError): void {
    this.#ended = error;
    // A listener may join again.
    this.#link.left(this);
    this.#become(status);
    this.#joining.end(error);
    this.#outbox.end(error);
    this.scene.end();
    this.#texts.end();
  }

  #become(status: RoomStatus): void {
    if (this.status === status) return;
    this.status = status;
    this.emit('status', status);
  }
}
