import type { SceneContent } from '../../protocol/http/index.ts';
import type { RoomView } from '../dialect/events.ts';
import { manifestOf } from '../dialect/manifest.ts';

/** A scene as it is answered over HTTP. */
export interface EncodedScene {
  /** A strong validator, with its quotes. */
  readonly etag: string;
  /** JSON; the same bytes for all who ask while the scene stands where it stood. */
  body(): Uint8Array;
}

interface Kept {
  readonly etag: string;
  readonly body: Uint8Array;
  /** Sweeps since somebody asked for it. */
  unused: number;
}

/** A process that serves a crowd may be busy for longer than a second between two of them. */
const KEPT_SWEEPS = 5;

/** Scenes, encoded once as long as they stand where they stood: one may have 16 MiB, and be asked for by many at once. */
export class Scenes {
  readonly #kept = new Map<RoomView, Kept>();

  encoded(view: RoomView): EncodedScene {
    const etag = `"${view.epoch}:${view.state.scene.version}"`;
    return { etag, body: () => this.#body(view, etag) };
  }

  /** To be called about once a second: forgets what nobody has asked for the last few times. */
  sweep(): void {
    for (const [view, kept] of this.#kept) {
      kept.unused += 1;
      if (kept.unused > KEPT_SWEEPS) this.#kept.delete(view);
    }
  }

  #body(view: RoomView, etag: string): Uint8Array {
    const known = this.#kept.get(view);
    const body = known?.etag === etag ? known.body : Buffer.from(JSON.stringify(sceneOf(view)));
    this.#kept.set(view, { etag, body, unused: 0 });
    return body;
  }
}

export function sceneOf(view: RoomView): SceneContent {
  const { roomId, epoch, state } = view;
  return { roomId, epoch, version: state.scene.version, manifest: manifestOf(view) };
}
