import { element, part } from '../common/element.ts';
import { PLACES } from './furnishing.ts';
import type { World } from './world.ts';

/** Goes from place to place; the others see from where one looks only in the same one. */
export class Places {
  readonly #world: World;
  readonly #went: (place: string) => void;
  readonly #buttons = new Map<string, HTMLButtonElement>();

  constructor(world: World, went: (place: string) => void) {
    this.#world = world;
    this.#went = went;
    for (const [place, title] of Object.entries(PLACES)) {
      const button = element('button', { onclick: () => this.go(place), 'data-place': place }, title);
      this.#buttons.set(place, button);
      part('places').append(button);
    }
    world.room.cameras.view(world.place).catch(() => {});
    this.#mark();
  }

  readonly go = (place: string): void => {
    const { room } = this.#world;
    if (place === this.#world.place) return;
    room.signal('cursor', { position: null, target: this.#world.place });
    room.cameras.leave(this.#world.place).catch(() => {});
    this.#world.place = place;
    room.cameras.view(place).catch(() => {});
    room.presence.update({ place }).catch(() => {});
    this.#mark();
    this.#went(place);
  };

  #mark(): void {
    for (const [place, button] of this.#buttons) {
      button.setAttribute('aria-pressed', String(place === this.#world.place));
    }
  }
}
