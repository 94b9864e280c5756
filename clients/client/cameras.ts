import type { CameraState, MessageOf } from '../../protocol/index.ts';
import { Events } from './events.ts';
import type { Signals } from './signals.ts';
import type { Wishes } from './wishes.ts';

export interface CameraOfUser {
  planetId: string;
  userId: string;
  camera: CameraState;
}

/** Where those who view the same thing look from. */
export class Cameras extends Events<{ change: CameraOfUser }> {
  readonly #of = new Map<string, Map<string, CameraState>>();
  readonly #wishes: Wishes;
  readonly #signals: Signals;

  constructor(wishes: Wishes, signals: Signals) {
    super();
    this.#wishes = wishes;
    this.#signals = signals;
  }

  /** The latest cameras of the others who view a thing, by user. */
  of(planetId: string): ReadonlyMap<string, CameraState> {
    return this.#of.get(planetId) ?? new Map();
  }

  /** Joins those who view a thing. */
  view(planetId: string): Promise<void> {
    return this.#wishes.take(planetId);
  }

  async leave(planetId: string): Promise<void> {
    this.#of.delete(planetId);
    await this.#wishes.give(planetId);
  }

  /** Tells the others who view the thing where this user looks from: the latest, once a tick. */
  move(planetId: string, camera: CameraState): void {
    this.#signals.send('camera', { planetId, camera }, planetId);
  }

  /** @internal */
  received(message: MessageOf<'camera'> | MessageOf<'viewer_cameras'>): void {
    const { planetId } = message;
    if (!this.#wishes.things.has(planetId)) return;
    const cameras: Record<string, CameraState> =
      message.type === 'camera' ? { [message.userId]: message.camera } : message.cameras;
    const known = message.type === 'camera' ? this.#of.get(planetId) : undefined;
    const all = known ?? new Map<string, CameraState>();
    this.#of.set(planetId, all);
    for (const [userId, camera] of Object.entries(cameras)) {
      all.set(userId, camera);
      this.emit('change', { planetId, userId, camera });
    }
  }

  /** Cameras of those who are gone are of no use. @internal */
  keepOnly(users: ReadonlySet<string>): void {
    for (const cameras of this.#of.values()) {
      for (const userId of cameras.keys()) if (!users.has(userId)) cameras.delete(userId);
    }
  }
}
