import type { SignalEvent } from '../dialect/events.ts';

/**
 * The signals of a room: the latest of each (connection, kind, thing) waits for the flush; cameras are also
 * kept, for those who begin to view.
 */
export class Signals {
  #waiting: SignalEvent[] = [];
  /** Where a connection's waiting signals are, so that a newer one takes the place of the older. */
  #slots: Map<string, SignalEvent[]> | undefined;
  #cameras: Map<string, Map<string, SignalEvent>> | undefined;

  get pending(): boolean {
    return this.#waiting.length > 0;
  }

  put(signal: SignalEvent): void {
    if (signal.kind === 'camera' && signal.thing !== undefined) this.#keepCamera(signal.thing, signal);
    this.#slots ??= new Map();
    const own = this.#slots.get(signal.connectionId);
    if (own === undefined) {
      this.#slots.set(signal.connectionId, [signal]);
    } else {
      for (const waiting of own) {
        if (waiting.kind !== signal.kind || waiting.thing !== signal.thing) continue;
        if (waiting.payload.target !== signal.payload.target) continue;
        waiting.payload = signal.payload;
        return;
      }
      own.push(signal);
    }
    this.#waiting.push(signal);
  }

  /** The waiting signals, in the order of their first; none wait afterwards. */
  take(): SignalEvent[] {
    const taken = this.#waiting;
    this.#waiting = [];
    this.#slots?.clear();
    return taken;
  }

  /** Drops all that is known of a connection. */
  forget(connectionId: string): void {
    for (const thing of this.#cameras?.keys() ?? []) this.forgetCamera(thing, connectionId);
    if (!this.#slots?.delete(connectionId)) return;
    this.#waiting = this.#waiting.filter((one) => one.connectionId !== connectionId);
  }

  /**
   * The latest cameras on a thing, by user.
   *
   * @param viewers who views it; a camera may have come before its connection did so, or after
   */
  camerasOn(
    thing: string,
    viewers: ReadonlySet<string> | undefined,
    exceptConnection: string,
  ): Record<string, unknown> {
    const cameras = [...(this.#cameras?.get(thing)?.values() ?? [])]
      .filter(({ connectionId }) => connectionId !== exceptConnection && viewers?.has(connectionId))
      .map((one) => [one.userId, one.payload.camera]);
    return Object.fromEntries(cameras);
  }

  /** Tells a camera that came before its connection viewed the thing, once more, to those who did so already. */
  showCamera(thing: string, connectionId: string): void {
    const camera = this.#cameras?.get(thing)?.get(connectionId);
    if (camera !== undefined) this.put(camera);
  }

  forgetCamera(thing: string, connectionId: string): void {
    const cameras = this.#cameras?.get(thing);
    if (cameras?.delete(connectionId) && cameras.size === 0) this.#cameras?.delete(thing);
  }

  #keepCamera(thing: string, signal: SignalEvent): void {
    this.#cameras ??= new Map();
    const cameras = this.#cameras.get(thing) ?? new Map<string, SignalEvent>();
    this.#cameras.set(thing, cameras);
    cameras.delete(signal.connectionId);
    cameras.set(signal.connectionId, signal);
  }
}
