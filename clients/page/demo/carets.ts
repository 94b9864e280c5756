import { element, part } from '../common/element.ts';
import { paint } from './paint.ts';
import type { World } from './world.ts';

interface Caret {
  start: number;
  end: number;
}

/** Where the others are in a text field, drawn over a copy of its text that breaks at the same places. */
export class Carets {
  readonly #world: World;
  readonly #field: HTMLTextAreaElement;
  readonly #layer = part('carets');
  readonly #carets = new Map<string, Caret>();

  constructor(world: World, field: HTMLTextAreaElement, documentId: string) {
    this.#world = world;
    this.#field = field;
    world.room.on('cursor', ({ userId, target, selection }) => {
      if (target !== documentId || world.people.isMe(userId)) return;
      const { start, end } = (selection ?? {}) as Partial<Caret>;
      if (Number.isInteger(start) && Number.isInteger(end)) {
        this.#carets.set(userId, { start: Number(start), end: Number(end) });
      } else this.#carets.delete(userId);
      this.draw();
    });
    world.room.presence.on('change', () => {
      for (const userId of this.#carets.keys()) if (!world.people.has(userId)) this.#carets.delete(userId);
      this.draw();
    });
  }

  /** The text has changed under them. */
  moved(move: (position: number) => number): void {
    for (const caret of this.#carets.values()) {
      caret.start = move(caret.start);
      caret.end = move(caret.end);
    }
  }

  draw(): void {
    const { value, scrollTop, clientWidth } = this.#field;
    const { people } = this.#world;
    this.#layer.style.width = `${clientWidth}px`;
    this.#layer.style.transform = `translateY(${-scrollTop}px)`;
    const copies = [...this.#carets].map(([userId, { start, end }]) => {
      const [from, to] = [Math.min(start, end, value.length), Math.min(Math.max(start, end), value.length)];
      const mark = element('mark', {}, value.slice(from, to));
      const caret = element('i', { 'data-name': people.nameOf(userId) });
      const copy = element('div', {}, value.slice(0, from), mark, caret, value.slice(to));
      paint(copy, people.colorOf(userId));
      return copy;
    });
    this.#layer.replaceChildren(...copies);
  }
}
