import {
  BufferGeometry,
  DoubleSide,
  Float32BufferAttribute,
  Group,
  LineBasicMaterial,
  LineSegments,
  Mesh,
  MeshBasicMaterial,
  type Scene,
  Vector3,
} from 'three';
import type { World } from '../world.ts';
import type { Labels } from './labels.ts';
import { CENTERS } from './surroundings.ts';

interface Eye {
  readonly group: Group;
  readonly line: LineBasicMaterial;
  readonly pane: MeshBasicMaterial;
  readonly from: Vector3;
  readonly target: Vector3;
  /** Where it is drawn to look at: on its way to `target`. */
  readonly drawn: Vector3;
}

interface Cursor {
  readonly place: string;
  readonly to: Vector3;
  readonly at: Vector3;
  heardAtMs: number;
}

const FOLLOW_PER_MS = 1 / 60;
const CURSOR_LASTS_MS = 15_000;
const DEPTH = 0.95;
const NEAR = 3;
const FARTHEST: Readonly<Record<string, number>> = { planets: 11, living: 6.5 };

/** Where the others look from, as frusta, and what they point at. */
export class Others {
  readonly #world: World;
  readonly #scene: Scene;
  readonly #labels: Labels;
  readonly #eyes = new Map<string, Eye>();
  readonly #cursors = new Map<string, Cursor>();

  constructor(world: World, scene: Scene, labels: Labels, changed: () => void) {
    this.#world = world;
    this.#scene = scene;
    this.#labels = labels;
    const { room, people } = world;
    room.cameras.on('change', changed);
    room.presence.on('change', changed);
    room.on('cursor', ({ userId, position, target }) => {
      if (target === undefined || !Object.hasOwn(CENTERS, target) || people.isMe(userId)) return;
      const to = pointIn(position);
      if (to === undefined) this.#cursors.delete(userId);
      else this.#point(userId, target, to);
      changed();
    });
  }

  /** Whether something is still on its way. */
  animate(elapsedMs: number, own: Vector3): boolean {
    const share = 1 - Math.exp(-elapsedMs * FOLLOW_PER_MS);
    const moves = [this.#look(share, own), this.#show(share)];
    return moves.includes(true);
  }

  #point(userId: string, place: string, local: Vector3): void {
    const [x, z] = CENTERS[place] ?? [0, 0];
    const to = local.add(new Vector3(x, 0, z));
    const known = this.#cursors.get(userId);
    const at = known?.place === place ? known.at : to.clone();
    this.#cursors.set(userId, { place, to, at, heardAtMs: performance.now() });
  }

  #show(share: number): boolean {
    const { people, place } = this.#world;
    const shown = new Set<string>();
    let moves = false;
    for (const [userId, cursor] of this.#cursors) {
      const isStale = performance.now() - cursor.heardAtMs > CURSOR_LASTS_MS;
      if (isStale || !people.has(userId)) this.#cursors.delete(userId);
      else if (cursor.place === place) {
        if (cursor.at.distanceToSquared(cursor.to) > 1e-5) moves = true;
        cursor.at.lerp(cursor.to, share);
        shown.add(`cursor ${userId}`);
        this.#labels.set(
          `cursor ${userId}`,
          'cursor',
          cursor.at,
          people.nameOf(userId),
          people.colorOf(userId),
        );
      }
    }
    this.#labels.keepOnly('cursor ', shown);
    return moves;
  }

  #look(share: number, own: Vector3): boolean {
    const { room, people, place } = this.#world;
    const cameras = room.cameras.of(place);
    const shown = new Set<string>();
    let moves = false;
    for (const [userId, { position, target }] of cameras) {
      const [from, to] = [pointIn(position), pointIn(target)];
      if (from === undefined || to === undefined || people.isMe(userId) || !people.isAt(userId, place))
        continue;
      const eye = this.#eyes.get(userId) ?? this.#open(userId, from, to);
      eye.target.copy(to);
      // Who stands far off is shown nearer, on the same line of sight, where it can be seen.
      eye.from
        .copy(from)
        .sub(to)
        .clampLength(0, FARTHEST[place] ?? 8)
        .add(to);
      const { group, drawn } = eye;
      if (group.position.distanceToSquared(eye.from) > 1e-5 || drawn.distanceToSquared(to) > 1e-5)
        moves = true;
      group.position.lerp(eye.from, share);
      drawn.lerp(to, share);
      group.lookAt(drawn);
      const color = people.colorOf(userId);
      eye.line.color.set(color);
      eye.pane.color.set(color);
      // Who stands where oneself does would be in the way of everything.
      group.visible = own.distanceTo(group.position) > NEAR;
      shown.add(`eye ${userId}`);
      if (!group.visible) this.#labels.remove(`eye ${userId}`);
      else this.#labels.set(`eye ${userId}`, 'eye', group.position, people.nameOf(userId), color);
    }
    this.#labels.keepOnly('eye ', shown);
    for (const [userId, { group }] of this.#eyes) {
      if (shown.has(`eye ${userId}`)) continue;
      group.removeFromParent();
      this.#eyes.delete(userId);
    }
    return moves;
  }

  #open(userId: string, from: Vector3, to: Vector3): Eye {
    const line = new LineBasicMaterial();
    const pane = new MeshBasicMaterial({
      transparent: true,
      opacity: 0.14,
      side: DoubleSide,
      depthWrite: false,
    });
    const group = new Group();
    group.add(new LineSegments(edges, line), new Mesh(sides, pane));
    group.position.copy(from);
    this.#scene.add(group);
    const eye = { group, line, pane, from: from.clone(), target: to.clone(), drawn: to.clone() };
    this.#eyes.set(userId, eye);
    return eye;
  }
}

const corners = [
  [-0.52, 0.34, DEPTH],
  [0.52, 0.34, DEPTH],
  [0.52, -0.34, DEPTH],
  [-0.52, -0.34, DEPTH],
];
const next = (index: number) => corners[(index + 1) % 4] ?? [];
const geometry = (points: number[]) =>
  new BufferGeometry().setAttribute('position', new Float32BufferAttribute(points, 3));
const edges = geometry(corners.flatMap((corner, index) => [0, 0, 0, ...corner, ...corner, ...next(index)]));
const sides = geometry(corners.flatMap((corner, index) => [0, 0, 0, ...corner, ...next(index)]));

/** Others may send whatever they like; what is no point is none. */
function pointIn(value: unknown): Vector3 | undefined {
  const numbers = Array.isArray(value) ? value : Object.values((value ?? {}) as object);
  const [x, y, z] = numbers;
  const isPoint = [x, y, z].every((one) => typeof one === 'number' && Math.abs(one) < 1e4);
  return isPoint ? new Vector3(x, y, z) : undefined;
}
