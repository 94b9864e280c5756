import type { Operation } from '../../protocol/index.ts';
import { TandemError } from './error.ts';
import type { Outbox } from './outbox.ts';
import type { OutboxStore } from './outbox-store.ts';
import type { RoomStatus } from './room-types.ts';
import type { Scene } from './scene.ts';

type Command = Readonly<Record<string, unknown>>;

/** As much of a room as has to be known. */
interface Place {
  readonly id: string;
  readonly userId: string | undefined;
  readonly status: RoomStatus;
  emit(name: 'error', error: TandemError): void;
}

/** The commands of one room that outlive the page, where there is a store for them. */
export class Keeping {
  readonly #store: OutboxStore | undefined;
  readonly #room: Place;
  readonly #kept = new Map<string, Command>();
  #loading: Promise<void> | undefined;

  constructor(store: OutboxStore | undefined, room: Place) {
    this.#store = store;
    this.#room = room;
  }

  /** What is not known again by an `opId` may not be sent twice, and is not kept. */
  put(command: Command): void {
    if (this.#store === undefined || typeof command.opId !== 'string') return;
    this.#kept.set(command.opId, command);
    this.#write(command.opId, command);
  }

  remove(id: string): void {
    if (this.#kept.delete(id)) this.#do((store) => store.remove(id));
  }

  /**
   * Opens the outbox; the first time, what clients before this one have left goes before what waits in it. To be
   * called when the room was joined, and so it is known who the user is.
   */
  open(outbox: Outbox, scene: Scene): void {
    if (this.#store === undefined) return outbox.open();
    this.#loading ??= this.#load(this.#store).then((commands) => {
      if (this.#room.status === 'joined' || this.#room.status === 'joining')
        this.#adopt(commands, outbox, scene);
    });
    this.#loading.then(() => this.#room.status === 'joined' && outbox.open());
  }

  async #load(store: OutboxStore): Promise<readonly Command[]> {
    // Until now it may not have been known whose these are.
    for (const [id, command] of this.#kept) this.#write(id, command);
    try {
      const found = await store.load(this.#room.id, this.#room.userId);
      // Its own may be among them.
      return found.filter(({ id }) => !this.#kept.has(id)).map(({ command }) => command);
    } catch (cause) {
      this.#failed(cause);
      return [];
    }
  }

  #adopt(commands: readonly Command[], outbox: Outbox, scene: Scene): void {
    for (const command of commands) this.#kept.set(String(command.opId), command);
    for (const [at, answer] of outbox.adopt(commands).entries()) {
      const { type, operations } = commands[at] as Command;
      if (type === 'sceneOperation') scene.adopt(operations as Operation[], answer);
      else answer.catch((error) => this.#room.emit('error', error));
    }
  }

  #write(id: string, command: Command): void {
    const { id: roomId, userId } = this.#room;
    this.#do((store) => store.put({ id, roomId, userId, command }));
  }

  async #do(act: (store: OutboxStore) => Promise<void>): Promise<void> {
    try {
      if (this.#store !== undefined) await act(this.#store);
    } catch (cause) {
      this.#failed(cause);
    }
  }

  #failed(cause: unknown): void {
    this.#room.emit('error', new TandemError('STORE_FAILED', 'What waits could not be kept.', {}, { cause }));
  }
}
