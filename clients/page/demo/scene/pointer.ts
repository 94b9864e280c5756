import { Plane, Raycaster, Vector2, Vector3 } from 'three';
import type { OrbitControls } from 'three/examples/jsm/controls/OrbitControls.js';
import type { Hand } from '../hand.ts';
import type { World } from '../world.ts';
import { CENTERS } from './surroundings.ts';
import type { View } from './view.ts';

const SIGNAL_MS = 33;
/** Less is a click. */
const DRAG_PX = 4;
const UP = new Vector3(0, 1, 0);

/** Mouse, pen and finger: what is under it is selected and dragged; beside everything it turns the view. */
export class Pointer {
  readonly #canvas: HTMLCanvasElement;
  readonly #view: View;
  readonly #controls: OrbitControls;
  readonly #world: World;
  readonly #hand: Hand;
  readonly #ray = new Raycaster();
  #pressed:
    | { pointer: number; id: string | undefined; x: number; y: number; grip: Vector3 | undefined }
    | undefined;
  #plane = new Plane(UP, 0);
  #sentAtMs = 0;

  constructor(canvas: HTMLCanvasElement, view: View, controls: OrbitControls, world: World, hand: Hand) {
    this.#canvas = canvas;
    this.#view = view;
    this.#controls = controls;
    this.#world = world;
    this.#hand = hand;
    // Before the controls: whoever drags a thing does not turn the view.
    canvas.addEventListener('pointerdown', (event) => this.#down(event), { capture: true });
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    for (const name of ['pointerup', 'pointercancel'] as const) {
      canvas.addEventListener(name, (event) => this.#up(event));
    }
    canvas.addEventListener('pointerleave', () => {
      if (this.#pressed === undefined) world.room.signal('cursor', { position: null, target: world.place });
    });
  }

  #down(event: PointerEvent): void {
    if (!event.isPrimary || event.button !== 0) return;
    const hit = this.#under(event);
    const id = hit && this.#view.things.idOf(hit.object);
    this.#pressed = { pointer: event.pointerId, id, x: event.clientX, y: event.clientY, grip: undefined };
    this.#controls.enabled = id === undefined;
    if (id === undefined || hit === undefined) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#hand.select(id);
    const group = this.#view.things.groupOf(id);
    if (group === undefined) return;
    this.#plane = new Plane(UP, -hit.point.y);
    this.#pressed.grip = hit.point.clone().sub(group.getWorldPosition(new Vector3()));
  }

  #move(event: PointerEvent): void {
    const pressed = this.#pressed;
    if (pressed?.id === undefined || pressed.grip === undefined) return this.#point(event);
    // Another finger.
    if (event.pointerId !== pressed.pointer) return;
    if (!this.#hand.isMoving) {
      const isClick = Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < DRAG_PX;
      if (isClick || event.buttons === 0 || !this.#hand.take(pressed.id)) return;
    }
    const at = this.#aim(event).ray.intersectPlane(this.#plane, new Vector3());
    const group = this.#view.things.groupOf(pressed.id);
    if (at === null || group?.parent === null || group === undefined) return;
    const { x, z } = group.parent.worldToLocal(at.sub(pressed.grip));
    const reach = 14;
    this.#hand.move({ x: clamp(x, reach), y: group.position.y, z: clamp(z, reach) });
  }

  #up(event: PointerEvent): void {
    const pressed = this.#pressed;
    if (pressed === undefined || pressed.pointer !== event.pointerId) return;
    this.#pressed = undefined;
    this.#controls.enabled = true;
    if (this.#hand.isMoving) this.#hand.letGo();
    const isClick = Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < DRAG_PX;
    if (pressed.id === undefined && isClick) this.#hand.select(undefined);
  }

  /** Shows the others what the pointer is at, though not with a finger, which only touches what it means. */
  #point(event: PointerEvent): void {
    if (performance.now() - this.#sentAtMs < SIGNAL_MS || event.pointerType === 'touch') return;
    if (event.buttons !== 0) return;
    this.#sentAtMs = performance.now();
    const hit = this.#under(event);
    const isThing = hit !== undefined && this.#view.things.idOf(hit.object) !== undefined;
    this.#canvas.style.cursor = isThing ? 'grab' : '';
    const at = hit?.point ?? this.#ray.ray.intersectPlane(new Plane(UP, 0), new Vector3());
    if (at === null) return;
    const { place, room } = this.#world;
    const [x, z] = CENTERS[place] ?? [0, 0];
    const position = { x: round(at.x - x), y: round(at.y), z: round(at.z - z) };
    room.signal('cursor', { position, target: place });
  }

  #under(event: PointerEvent) {
    return this.#aim(event).intersectObjects(this.#view.things.groups, true)[0];
  }

  #aim({ clientX, clientY }: PointerEvent): Raycaster {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    const point = new Vector2(((clientX - left) / width) * 2 - 1, 1 - ((clientY - top) / height) * 2);
    this.#ray.setFromCamera(point, this.#view.camera);
    return this.#ray;
  }
}

const clamp = (value: number, most: number) => Math.max(-most, Math.min(most, value));
const round = (value: number) => Math.round(value * 100) / 100;
