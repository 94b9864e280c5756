import type { Item, Room } from '../../client/index.ts';

/** Each place has its own items, at positions of its own: metres, y is up. */
export const PLACES = { planets: 'Planets', living: 'Living room' } as const;

export interface Point {
  x: number;
  y: number;
  z: number;
}

type Row = readonly [
  id: string,
  kind: string,
  name: string,
  color: string,
  x: number,
  z: number,
  turn?: number,
];

const planets: readonly Row[] = [
  ['sun', 'sun', 'Sun', '#ffc02e', 0, 0],
  ['mercury', 'planet-small', 'Mercury', '#a8a29e', 2.1, 1.1],
  ['venus', 'planet-medium', 'Venus', '#e0b36a', -2.9, 1.9],
  ['earth', 'planet-moon', 'Earth', '#3e82d6', 3.6, -2.7],
  ['mars', 'planet-medium', 'Mars', '#d0603c', -4.6, -3],
  ['jupiter', 'planet-large', 'Jupiter', '#cf9d6e', 1.4, 6.6],
  ['saturn', 'planet-ring', 'Saturn', '#dcc08c', -7, 4.6],
];

const living: readonly Row[] = [
  ['rug', 'rug', 'Rug', '#d8b4a0', 0, 0.5],
  ['sofa', 'sofa', 'Sofa', '#5b7f95', 0, -1.55],
  ['armchair', 'armchair', 'Armchair', '#c8794f', 2.5, 0.7, -1.9],
  ['table', 'table', 'Coffee table', '#b98a5a', 0, 0.6],
  ['lamp', 'lamp', 'Floor lamp', '#f2c14e', -2.35, -1.7],
  ['shelf', 'shelf', 'Bookshelf', '#9a7150', -3.55, 0.9, Math.PI / 2],
  ['plant', 'plant', 'Plant', '#4f8a5b', 2.75, -1.8],
  ['stool', 'stool', 'Stool', '#7d8f69', -1.6, 1.9],
];

const rows = [
  ...planets.map((row) => ['planets', row] as const),
  ...living.map((row) => ['living', row] as const),
];

const standard = rows.map(([place, [id, kind, name, color, x, z, turn = 0]]) => ({
  id,
  data: {
    kind,
    name,
    place,
    color,
    transform: { position: { x, y: 0, z }, rotation: { x: 0, y: turn, z: 0 } },
  },
}));

/** Puts the items into a room that has none. Of those who try at the same time one does. */
export async function furnish(room: Room): Promise<void> {
  if (room.scene.version > 0) return;
  const operations = standard.map(({ id, data }) => ({ type: 'add', target: 'item', id, data }) as const);
  await room.scene.apply(operations, { undoable: false }).catch(() => {});
}

/** Puts everything back where it was in the beginning, in one step. */
export async function tidy(room: Room): Promise<void> {
  await room.scene.apply(
    standard.map(({ id, data }) => ({
      type: room.scene.items.has(id) ? 'update' : 'add',
      target: 'item',
      id,
      data,
    })),
  );
}

/** Anybody may write anything into a scene: what is no number is none. */
export function positionOf(item: Item): Point {
  const { x, y, z } = axes(item, 'position');
  return { x: number(x), y: number(y), z: number(z) };
}

export function turnOf(item: Item): number {
  return number(axes(item, 'rotation').y);
}

function axes(item: Item, name: string): Readonly<Record<string, unknown>> {
  const transform = item.transform as Readonly<Record<string, unknown>> | undefined;
  const found = transform?.[name];
  return typeof found === 'object' && found !== null ? (found as Readonly<Record<string, unknown>>) : {};
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? Math.max(-1000, Math.min(1000, value)) : 0;
}

/** '' where it says nothing of it. */
export function kindOf(item: Item): string {
  return typeof item.kind === 'string' ? item.kind : '';
}

export function nameOf(id: string, item: Item | undefined): string {
  return typeof item?.name === 'string' && item.name !== '' ? item.name : id;
}

export function colorOf(item: Item): string {
  return typeof item.color === 'string' && /^#[0-9a-f]{6}$/i.test(item.color) ? item.color : '#999999';
}

export function placeOf(item: Item): string {
  return item.place === 'living' ? 'living' : 'planets';
}
