import { createClient, RESP_TYPES } from '@redis/client';
import { batchOf, decodeBody } from '../../../server/log/redis-batch.ts';
import { keysOf } from '../../../server/log/redis-scripts.ts';
import { Chronicle } from '../../simulation/chronicle.ts';

const READ_MS = 200;

/** Reads what stands in the streams of rooms, as it comes, so that it is known when it was dropped there. */
export class RedisChronicle {
  readonly chronicle = new Chronicle();
  readonly #client;
  readonly #rooms: readonly string[];
  /** By room: the epoch, the id of the last batch and the id of its place in the stream. */
  readonly #places = new Map<string, { epoch: string; last: string; at: string }>();
  readonly #ids = new Set<string>();
  #reading: Promise<void> | undefined;
  #failure: Error | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(url: string, rooms: readonly string[]) {
    this.#rooms = rooms;
    this.#client = createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: 100 } });
    this.#client.on('error', () => {});
    this.#client.connect().catch(() => {});
    this.#timer = setInterval(() => this.#look(), READ_MS);
  }

  /** Reads up to now, and says what each room holds. Throws where the streams are not what they should be. */
  async readToEnd(): Promise<Chronicle> {
    clearInterval(this.#timer);
    await this.#reading;
    await this.#readAll();
    return this.chronicle;
  }

  stop(): void {
    clearInterval(this.#timer);
    if (this.#client.isOpen) this.#client.destroy();
  }

  /** Of the only life of a room's log. */
  epochOf(roomId: string): string {
    return this.#places.get(roomId)?.epoch ?? '';
  }

  #look(): void {
    if (!this.#client.isReady) return;
    this.#reading ??= this.#readAll()
      // Redis is away at times.
      .catch((error: Error) => {
        if (error instanceof Broken) this.#failure ??= error;
      })
      .finally(() => {
        this.#reading = undefined;
      });
  }

  async #readAll(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    for (const roomId of this.#rooms) await this.#read(roomId);
  }

  async #read(roomId: string): Promise<void> {
    const keys = keysOf({ keys: 'tandem:', channels: 'tandem:' }, roomId);
    const client = this.#client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    const kept = await this.#client.sendCommand<string | null>(['HGET', keys.record, 'epoch']);
    if (kept === null) return;
    const place = this.#places.get(roomId) ?? { epoch: kept, last: kept, at: '0' };
    this.#places.set(roomId, place);
    if (kept !== place.epoch) throw new Broken(`${roomId} began another life`);
    const found = await client.sendCommand<[Buffer, Buffer[]][]>([
      'XRANGE',
      keys.entries,
      `(${place.at}`,
      '+',
    ]);
    for (const one of found) {
      const batch = batchOf(one);
      const entries = batch && decodeBody(batch);
      if (batch === undefined || entries === undefined) throw new Broken(`${roomId} has what is no batch`);
      if (batch.previous !== place.last)
        throw new Broken(`${roomId}: a batch after ${batch.previous} came after ${place.last}`);
      if (this.#ids.has(batch.id))
        throw new Broken(`[XO1] ${roomId}: the append ${batch.id} stands there twice`);
      this.#ids.add(batch.id);
      this.chronicle.record(roomId, place.epoch, batch.first, entries);
      place.last = batch.id;
      place.at = String(one[0]);
    }
  }
}

class Broken extends Error {}
