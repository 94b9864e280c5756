import {
  Box3,
  type Group,
  Mesh,
  type MeshStandardMaterial,
  type Object3D,
  type PointLight,
  Sprite,
  Vector3,
} from 'three';
import type { Item } from '../../../client/index.ts';
import { colorOf, kindOf, nameOf, placeOf, positionOf, turnOf } from '../furnishing.ts';
import type { World } from '../world.ts';
import { furniture } from './furniture.ts';
import { Outline } from './outline.ts';
import { type Model, planet } from './planets.ts';
import type { Surroundings } from './surroundings.ts';

interface Thing {
  readonly model: Model;
  readonly kind: string;
  readonly place: string;
  readonly outline: Outline;
  readonly to: Vector3;
  turn: number;
  /** Of the model. */
  readonly height: number;
}

/** How quickly what others move follows: a fifteenth of a second is too short to be seen as a delay. */
const FOLLOW_PER_MS = 1 / 45;

/** Each costs all that is lit some time, and of too many a graphics card can draw nothing. */
const MOST_LIGHTS = 8;

/** The items as they stand in the scene. */
export class Things {
  readonly #world: World;
  readonly #surroundings: Surroundings;
  readonly #things = new Map<string, Thing>();
  readonly #lights = new Set<PointLight>();

  constructor(world: World, surroundings: Surroundings, changed: () => void) {
    this.#world = world;
    this.#surroundings = surroundings;
    world.room.scene.on('change', ({ items }) => {
      for (const id of items) this.#sync(id);
      changed();
    });
    const outline = () => {
      for (const id of this.#things.keys()) this.#outline(id);
      changed();
    };
    world.room.selection.on('change', outline);
    world.room.presence.on('change', outline);
    for (const id of world.room.scene.items.keys()) this.#sync(id);
  }

  get groups(): Group[] {
    return [...this.#things.values()].map(({ model }) => model.group);
  }

  idOf(object: Object3D): string | undefined {
    for (let one: Object3D | null = object; one !== null; one = one.parent) {
      if (typeof one.userData.id === 'string') return one.userData.id;
    }
    return undefined;
  }

  groupOf(id: string): Group | undefined {
    return this.#things.get(id)?.model.group;
  }

  /** Where a label of a thing is to stand, in the world; undefined where it is in another place. */
  above(id: string, place: string): Vector3 | undefined {
    const thing = this.#things.get(id);
    if (thing?.place !== place) return undefined;
    return thing.model.group.getWorldPosition(new Vector3()).add(new Vector3(0, thing.height + 0.12, 0));
  }

  /** Whether something is still on its way. */
  animate(elapsedMs: number): boolean {
    let moves = false;
    const share = 1 - Math.exp(-elapsedMs * FOLLOW_PER_MS);
    for (const [id, { model, to, turn, kind }] of this.#things) {
      const { position, rotation } = model.group;
      const turning = Math.atan2(Math.sin(turn - rotation.y), Math.cos(turn - rotation.y));
      if (position.distanceToSquared(to) < 1e-6 && Math.abs(turning) < 1e-3) continue;
      moves = true;
      position.lerp(to, share);
      rotation.y += turning * share;
      this.#orbit(id, kind, position);
    }
    return moves;
  }

  #sync(id: string): void {
    const item = this.#world.room.scene.items.get(id);
    const known = this.#things.get(id);
    if (
      known !== undefined &&
      (item === undefined || kindOf(item) !== known.kind || placeOf(item) !== known.place)
    ) {
      discard(known.model.group);
      this.#shine(known.model, false);
      this.#surroundings.orbit(id, undefined);
      this.#things.delete(id);
    }
    if (item === undefined) return;
    const thing = this.#things.get(id) ?? this.#make(id, item);
    const { x, y, z } = positionOf(item);
    thing.to.set(x, y, z);
    thing.turn = turnOf(item);
    thing.model.paint(colorOf(item));
  }

  #make(id: string, item: Item): Thing {
    const kind = kindOf(item);
    const isPlanet = kind === 'sun' || kind.startsWith('planet-');
    const model = isPlanet ? planet(kind, nameOf(id, item)) : furniture(kind);
    const { x, y, z } = positionOf(item);
    model.group.userData.id = id;
    model.group.position.set(x, y, z);
    model.group.rotation.y = turnOf(item);
    const place = placeOf(item);
    this.#surroundings.places.get(place)?.add(model.group);
    this.#shine(model, true);
    const height = new Box3().setFromObject(model.group).max.y - y;
    const thing = {
      model,
      height,
      kind,
      place,
      outline: new Outline(model.group),
      to: new Vector3(x, y, z),
      turn: turnOf(item),
    };
    this.#things.set(id, thing);
    this.#orbit(id, kind, model.group.position);
    this.#outline(id);
    return thing;
  }

  /** The first lamps give light, the others only look like it. */
  #shine({ light }: Model, isThere: boolean): void {
    if (light === undefined) return;
    if (isThere) this.#lights.add(light);
    else this.#lights.delete(light);
    let left = MOST_LIGHTS;
    for (const one of this.#lights) one.visible = left-- > 0;
  }

  #outline(id: string): void {
    const holder = this.#world.room.selection.holderOf(id);
    this.#things.get(id)?.outline.show(holder && this.#world.people.colorOf(holder));
  }

  #orbit(id: string, kind: string, { x, z }: Vector3): void {
    if (kind.startsWith('planet-')) this.#surroundings.orbit(id, Math.hypot(x, z));
  }
}

/** What it had on the graphics card goes with it; what others share comes there anew. */
function discard(model: Group): void {
  model.removeFromParent();
  model.traverse((one) => {
    if (!(one instanceof Mesh || one instanceof Sprite)) return;
    const material = one.material as MeshStandardMaterial;
    one.geometry.dispose();
    material.map?.dispose();
    material.dispose();
  });
}
