import { element, part, say } from '../common/element.ts';
import { colorOf, nameOf } from './furnishing.ts';
import type { Hand } from './hand.ts';
import type { Holds } from './holds.ts';
import type { World } from './world.ts';

const SWATCHES = {
  '#d0603c': 'Red',
  '#f2c14e': 'Yellow',
  '#5f8f63': 'Green',
  '#3e82d6': 'Blue',
  '#8a6bbf': 'Violet',
  '#d8b4a0': 'Sand',
  '#efe9df': 'White',
  '#4b5563': 'Grey',
};
const STEP = 0.25;
const TURN = Math.PI / 8;

const moves = [
  ['Left', 'M15 5l-7 7 7 7', -STEP, 0, 0],
  ['Away', 'M5 15l7-7 7 7', 0, 0, -STEP],
  ['Nearer', 'M5 9l7 7 7-7', 0, 0, STEP],
  ['Right', 'M9 5l7 7-7 7', STEP, 0, 0],
  ['Raise', 'M5 20h14M12 16V4m-5 5 5-5 5 5', 0, STEP, 0],
  ['Lower', 'M5 20h14M12 4v12m-5-5 5 5 5-5', 0, -STEP, 0],
] as const;

/** What can be done with the thing that is selected. */
export class Detail {
  readonly #world: World;
  readonly #hand: Hand;
  readonly #node = part('detail');
  readonly #name = element('strong');
  readonly #hint = element('span', { class: 'hint' });
  readonly #controls = element('div', { class: 'controls' });
  readonly #swatches: HTMLButtonElement[];

  constructor(world: World, hand: Hand, holds: Holds) {
    this.#world = world;
    this.#hand = hand;
    this.#swatches = Object.entries(SWATCHES).map(([color, name]) => {
      const swatch = element('button', {
        class: 'swatch',
        'data-color': color,
        'aria-label': name,
        title: name,
      });
      swatch.style.setProperty('--color', color);
      swatch.addEventListener('click', () => hand.change({ color }));
      return swatch;
    });
    const step = (x: number, y: number, z: number) => () => {
      hand.step({ x, y, z });
      hand.letGo();
    };
    this.#controls.append(
      group('Move', ...moves.map(([name, path, x, y, z]) => icon(name, path, step(x, y, z)))),
      group(
        'Turn',
        icon('Turn left', 'M7 4 4 8l4 3M4 8h9a6 6 0 1 1-6 6', () => hand.turn(TURN)),
        icon('Turn right', 'm17 4 3 4-4 3M20 8h-9a6 6 0 1 0 6 6', () => hand.turn(-TURN)),
      ),
      group('Colour', ...this.#swatches),
      group(
        'More',
        icon('Duplicate', 'M9 9h11v11H9zM5 15H4V4h11v1', () => hand.duplicate()),
        icon('Remove', 'M5 7h14M10 4h4M7 7l1 13h8l1-13', () => hand.remove()),
      ),
    );
    this.#node.append(element('p', {}, this.#name, this.#hint), this.#controls);
    const show = () => this.#show();
    holds.on('change', show);
    world.room.scene.on('change', show);
    world.room.presence.on('change', show);
  }

  #show(): void {
    const { room, people } = this.#world;
    const id = this.#hand.selected;
    const item = id === undefined ? undefined : room.scene.items.get(id);
    const hadFocus = this.#node.contains(document.activeElement);
    this.#node.hidden = item === undefined;
    if (this.#node.hidden && hadFocus) part('stage').focus();
    if (id === undefined || item === undefined) return;
    const holder = room.selection.holderOf(id) ?? '';
    const isHeld = this.#hand.isHeld(id);
    say(this.#name, nameOf(id, item));
    say(this.#hint, isHeld ? `${people.nameOf(holder)} holds it; you are next.` : '');
    for (const button of this.#controls.querySelectorAll('button')) button.disabled = isHeld;
    for (const swatch of this.#swatches) {
      swatch.setAttribute('aria-pressed', String(swatch.dataset.color === colorOf(item)));
    }
  }
}

function group(label: string, ...children: Node[]): HTMLElement {
  return element('div', { role: 'group', 'aria-label': label }, ...children);
}

function icon(label: string, path: string, onclick: () => void): HTMLButtonElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  const line = document.createElementNS(svg.namespaceURI ?? '', 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return element('button', { class: 'icon', 'aria-label': label, title: label, onclick }, svg);
}
