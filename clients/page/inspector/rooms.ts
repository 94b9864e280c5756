import { arrange, element, part, say } from '../common/element.ts';
import { brief } from '../common/numbers.ts';
import type { RoomSummary } from './api.ts';

interface Row {
  readonly node: HTMLTableRowElement;
  readonly button: HTMLButtonElement;
  readonly cells: readonly HTMLTableCellElement[];
  version: number;
  epoch: string;
  atMs: number;
}

/** The rooms in which somebody is, the fullest first. */
export class Rooms {
  readonly #rows = new Map<string, Row>();
  readonly #choose: (roomId: string) => void;

  constructor(choose: (roomId: string) => void) {
    this.#choose = choose;
  }

  /** @param hasMore whether there are others, too */
  show(
    rooms: readonly RoomSummary[],
    hasMore: boolean,
    chosen: string | undefined,
    nowMs = performance.now(),
  ): void {
    const wanted = part<HTMLInputElement>('filter').value.trim().toLowerCase();
    const found = rooms.filter(({ roomId }) => roomId.toLowerCase().includes(wanted));
    const sorted = found.sort((a, b) => b.members - a.members || (a.roomId < b.roomId ? -1 : 1));
    const ids = new Set(rooms.map(({ roomId }) => roomId));
    for (const id of this.#rows.keys()) if (!ids.has(id)) this.#rows.delete(id);
    const nodes = sorted.map((room) => this.#update(room, nowMs));
    arrange(part('rooms'), nodes);
    for (const [id, { node, button }] of this.#rows) {
      node.classList.toggle('chosen', id === chosen);
      button.setAttribute('aria-pressed', String(id === chosen));
    }
    const left = rooms.length === 0 ? 'Nobody is in any room.' : 'No room is called so.';
    const more = 'There are more than these: filter them by what their names begin with.';
    say(part('no-rooms'), hasMore ? more : nodes.length === 0 ? left : '');
  }

  #update({ roomId, members, version, epoch }: RoomSummary, nowMs: number): HTMLTableRowElement {
    const row = this.#rows.get(roomId) ?? this.#add(roomId, version, epoch, nowMs);
    const seconds = (nowMs - row.atMs) / 1000;
    const rate = seconds > 0 && row.epoch === epoch ? (version - row.version) / seconds : 0;
    Object.assign(row, { version, epoch, atMs: nowMs });
    for (const [index, value] of [members, version, rate].entries()) {
      const cell = row.cells[index];
      if (cell !== undefined) say(cell, brief(value));
    }
    return row.node;
  }

  #add(roomId: string, version: number, epoch: string, atMs: number): Row {
    const button = element('button', { 'data-room': roomId, onclick: () => this.#choose(roomId) }, roomId);
    const cells = [element('td'), element('td'), element('td')];
    const node = element('tr', {}, element('th', { scope: 'row' }, button), ...cells);
    const row = { node, button, cells, version, epoch, atMs };
    this.#rows.set(roomId, row);
    return row;
  }
}
