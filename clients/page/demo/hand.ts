import type { TandemError } from '../../client/index.ts';
import { nameOf, type Point, positionOf, turnOf } from './furnishing.ts';
import type { Holds } from './holds.ts';
import { randomId } from './identity.ts';
import type { World } from './world.ts';

const FRAME_MS = 1000 / 60;
/** While so much waits for an answer, only the end of a movement is added. */
const MOST_PENDING = 30;

/** Takes things, moves them sixty times a second, and lets go of them. */
export class Hand {
  readonly #world: World;
  readonly #holds: Holds;
  #moving: { id: string; to: Point | undefined; end: () => void } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sentAtMs = 0;

  constructor(world: World, holds: Holds) {
    this.#world = world;
    this.#holds = holds;
    world.room.scene.on('refused', ({ operations, error }) => this.#refused(operations[0]?.id, error));
    world.room.selection.on('conflict', ({ planetId, lockedBy }) => {
      if (this.#moving?.id === planetId) this.letGo();
      const name = nameOf(planetId, world.room.scene.items.get(planetId));
      world.announcer.show(`${world.people.nameOf(lockedBy)} holds ${name}.`, 'warning');
    });
  }

  get selected(): string | undefined {
    return this.#holds.own;
  }

  get isMoving(): boolean {
    return this.#moving !== undefined;
  }

  /** Selects a thing, and lets go of what was selected before. */
  async select(id: string | undefined): Promise<void> {
    if (id !== undefined && id === this.selected) return;
    const { room, announcer } = this.#world;
    // Where somebody else holds it, that is told as a conflict.
    await this.#holds.choose(id).then(
      () => id === undefined || announcer.say(`${nameOf(id, room.scene.items.get(id))} is selected.`),
      (error) => this.#refused(id, error),
    );
  }

  /** Whether somebody else's lock is in the way. */
  isHeld(id: string): boolean {
    const holder = this.#world.room.selection.holderOf(id);
    return holder !== undefined && !this.#world.people.isMe(holder);
  }

  /** All until `letGo` is undone as one. False: somebody else holds it. */
  take(id: string): boolean {
    if (this.isHeld(id) || !this.#world.room.scene.items.has(id)) return false;
    this.letGo();
    this.#moving = { id, to: undefined, end: this.#world.room.scene.group() };
    return true;
  }

  move(to: Point): void {
    if (this.#moving === undefined) return;
    this.#moving.to = to;
    if (this.#timer !== undefined) return;
    const waitMs = Math.max(0, this.#sentAtMs + FRAME_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#world.room.pending < MOST_PENDING) this.#send();
    }, waitMs);
  }

  letGo(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#send();
    this.#moving?.end();
    this.#moving = undefined;
  }

  /** A step of the thing that is selected, by keyboard. */
  step(by: Point): void {
    const id = this.selected;
    const item = id === undefined ? undefined : this.#world.room.scene.items.get(id);
    if (id === undefined || item === undefined) return;
    if (this.#moving?.id !== id && !this.take(id)) return;
    const from = this.#moving?.to ?? positionOf(item);
    this.move({ x: from.x + by.x, y: Math.max(0, from.y + by.y), z: from.z + by.z });
  }

  turn(by: number): void {
    const id = this.selected;
    const item = id === undefined ? undefined : this.#world.room.scene.items.get(id);
    if (item !== undefined) this.change({ rotation_y: round(turnOf(item) + by) });
  }

  /** Of the thing that is selected. */
  change(properties: Readonly<Record<string, unknown>>): void {
    if (this.selected !== undefined) this.#update(this.selected, properties);
  }

  remove(): void {
    const { scene } = this.#world.room;
    const id = this.selected;
    // It stays selected until the answer comes.
    if (id === undefined || !scene.items.has(id)) return;
    scene.remove(id).then(
      () => (this.selected === id ? this.select(undefined) : undefined),
      () => {},
    );
  }

  /** Beside the thing that is selected. */
  duplicate(): void {
    const { room } = this.#world;
    const id = this.selected;
    const item = id === undefined ? undefined : room.scene.items.get(id);
    if (item === undefined) return;
    const { id: _, ...data } = structuredClone(item) as Record<string, unknown>;
    const { x, y, z } = positionOf(item);
    Object.assign(data, {
      transform: { position: { x: x + 0.9, y, z: z + 0.4 }, rotation: { y: turnOf(item) } },
    });
    room.scene.add(`${id?.split('~')[0]}~${randomId()}`, data).catch(() => {});
  }

  #send(): void {
    const { id, to } = this.#moving ?? {};
    if (id === undefined || to === undefined || this.#moving === undefined) return;
    this.#moving.to = undefined;
    this.#sentAtMs = performance.now();
    this.#update(id, { position_x: round(to.x), position_y: round(to.y), position_z: round(to.z) });
  }

  #update(id: string, properties: Record<string, unknown>): void {
    // What is refused is told by the scene, which takes it back.
    this.#world.room.scene.update(id, properties).catch(() => {});
  }

  #refused(id: string | undefined, { code, message }: TandemError): void {
    if (code === 'ALREADY_EXISTS' || code === 'CONFLICT') return;
    const name = id === undefined ? 'The scene' : nameOf(id, this.#world.room.scene.items.get(id));
    this.#world.announcer.show(`${name}: ${message}`, 'warning');
  }
}

const round = (value: number) => Math.round(value * 1000) / 1000;
