import { arrange, element, part, say } from '../common/element.ts';
import { clock } from '../common/numbers.ts';
import { colorOf, nameOf, PLACES, placeOf } from './furnishing.ts';
import type { Hand } from './hand.ts';
import type { Holds } from './holds.ts';
import { paint } from './paint.ts';
import type { World } from './world.ts';

interface Row {
  readonly node: HTMLLIElement;
  readonly button: HTMLButtonElement;
  readonly swatch: HTMLElement;
  readonly name: HTMLElement;
  readonly who: HTMLElement;
  /** Not a part of the name: that would be read out anew each second. */
  readonly left: HTMLElement;
}

/** The items as a list: all that the scene can do can be done from here, with keys alone. */
export class Items {
  readonly #world: World;
  readonly #hand: Hand;
  readonly #holds: Holds;
  readonly #list = part('items');
  readonly #rows = new Map<string, Row>();
  readonly #heads = Object.fromEntries(
    Object.entries(PLACES).map(([place, title]) => [
      place,
      element('li', { class: 'place', role: 'presentation' }, title),
    ]),
  );
  readonly #goTo: (place: string) => void;

  constructor(world: World, hand: Hand, holds: Holds, goTo: (place: string) => void) {
    this.#world = world;
    this.#hand = hand;
    this.#holds = holds;
    this.#goTo = goTo;
    this.#list.addEventListener('keydown', (event) => this.#key(event));
    const { room } = world;
    room.scene.on('change', ({ items }) => this.#sync(items));
    const mark = () => this.mark();
    holds.on('change', mark);
    room.presence.on('change', mark);
    setInterval(mark, 1000);
    this.#sync([...room.scene.items.keys()]);
  }

  /** Shows the items of the place that is looked at first. */
  sort(): void {
    const { items } = this.#world.room.scene;
    const isThere = (id: string) => placeOf(items.get(id) ?? {}) === this.#world.place;
    const sorted = [...this.#rows.keys()].sort((a, b) => Number(isThere(b)) - Number(isThere(a)));
    let place: string | undefined;
    const nodes: HTMLElement[] = [];
    for (const id of sorted) {
      const own = placeOf(items.get(id) ?? {});
      const head = this.#heads[own];
      if (own !== place && head !== undefined) nodes.push(head);
      place = own;
      const row = this.#rows.get(id);
      if (row !== undefined) nodes.push(row.node);
    }
    arrange(this.#list, nodes);
  }

  /** Who has selected what, and how long still. */
  mark(): void {
    const { room, people } = this.#world;
    for (const [id, { button, who, left }] of this.#rows) {
      const line = Object.hasOwn(room.selection.selected, id) ? (room.selection.selected[id] ?? []) : [];
      const [holder] = line;
      button.setAttribute('aria-pressed', String(id === this.#hand.selected));
      paint(button, holder === undefined ? '' : people.colorOf(holder));
      button.classList.toggle('held', holder !== undefined);
      const name = holder === undefined ? '' : people.isMe(holder) ? 'You' : people.nameOf(holder);
      const more = line.length > 1 ? ` +${line.length - 1}` : '';
      say(who, `${name}${more}`);
      say(left, holder === undefined ? '' : ` · ${clock(this.#holds.leftMs(id))}`);
    }
  }

  #sync(ids: readonly string[]): void {
    const { items } = this.#world.room.scene;
    let isSorted = true;
    for (const id of ids) {
      const item = items.get(id);
      const known = this.#rows.get(id);
      if ((item === undefined) !== (known === undefined)) isSorted = false;
      if (item === undefined) {
        this.#rows.delete(id);
        continue;
      }
      const row = known ?? this.#add(id);
      say(row.name, nameOf(id, item));
      row.swatch.style.setProperty('--color', colorOf(item));
    }
    if (isSorted) return;
    this.sort();
    this.mark();
  }

  #add(id: string): Row {
    const swatch = element('i', { class: 'swatch' });
    const name = element('span', { class: 'name' });
    const who = element('span');
    const left = element('span', { 'aria-hidden': 'true' });
    const held = element('span', { class: 'who' }, who, left);
    const button = element('button', { 'data-item': id, 'aria-pressed': 'false' }, swatch, name, held);
    button.addEventListener('click', () => this.#choose(id));
    const row = { node: element('li', {}, button), button, swatch, name, who, left };
    this.#rows.set(id, row);
    return row;
  }

  #choose(id: string): void {
    const item = this.#world.room.scene.items.get(id);
    if (item === undefined) return;
    if (placeOf(item) !== this.#world.place) this.#goTo(placeOf(item));
    this.#hand.select(this.#hand.selected === id ? undefined : id);
  }

  #key(event: KeyboardEvent): void {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by === undefined || event.altKey || event.shiftKey) return;
    const buttons = [...this.#list.querySelectorAll('button')];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons[at + by]?.focus();
    event.preventDefault();
  }
}
