import { ACESFilmicToneMapping, PCFShadowMap, PerspectiveCamera, Scene, Vector3, WebGLRenderer } from 'three';
import { OrbitControls } from 'three/examples/jsm/controls/OrbitControls.js';
import { clock } from '../../common/numbers.ts';
import type { Hand } from '../hand.ts';
import type { Holds } from '../holds.ts';
import type { World } from '../world.ts';
import { Labels } from './labels.ts';
import { Others } from './others.ts';
import { Pointer } from './pointer.ts';
import { drawsInSoftware, Quality } from './quality.ts';
import { steerByKeys } from './steering.ts';
import { CENTERS, Surroundings } from './surroundings.ts';
import { Things } from './things.ts';

const UP = new Vector3(0, 1, 0);
const SIGNAL_MS = 33;
const FLIGHT_MS = 900;

/** Where one stands when one comes to a place, and what one looks at. */
const views: Readonly<Record<string, { from: Vector3; at: Vector3; lean: number }>> = {
  planets: { from: new Vector3(0, 11, 17), at: new Vector3(-1.2, 0, 1.1), lean: 1.6 },
  living: { from: new Vector3(5.2, 5.4, 8.6), at: new Vector3(-0.2, 0.2, -0.1), lean: 0.8 },
};

/** The shared scene, drawn when something has changed. Throws where there is no WebGL. */
export class View {
  readonly camera = new PerspectiveCamera(42, 1, 0.1, 120);
  readonly things: Things;
  /** Resolves when something is to be seen. */
  readonly first: Promise<void>;
  #seen = () => {};
  readonly #world: World;
  readonly #canvas: HTMLCanvasElement;
  readonly #renderer: WebGLRenderer;
  readonly #quality: Quality;
  readonly #scene = new Scene();
  readonly #surroundings = new Surroundings(this.#scene);
  readonly #controls: OrbitControls;
  readonly #labels: Labels;
  readonly #others: Others;
  readonly #holds: Holds;
  #flight: { begunAtMs: number; from: [Vector3, Vector3]; to: [Vector3, Vector3] } | undefined;
  #isDrawn = true;
  #drawnAtMs = 0;
  #sentAtMs = 0;

  constructor(canvas: HTMLCanvasElement, layer: HTMLElement, world: World, hand: Hand, holds: Holds) {
    this.first = new Promise((seen) => {
      this.#seen = seen;
    });
    this.#world = world;
    this.#canvas = canvas;
    this.#holds = holds;
    const isSoftware = drawsInSoftware();
    this.#quality = new Quality(isSoftware);
    this.#renderer = new WebGLRenderer({ canvas, antialias: !isSoftware });
    this.#renderer.toneMapping = ACESFilmicToneMapping;
    this.#renderer.shadowMap.enabled = true;
    this.#renderer.shadowMap.type = PCFShadowMap;
    this.#labels = new Labels(layer);
    this.things = new Things(world, this.#surroundings, this.changed);
    this.#others = new Others(world, this.#scene, this.#labels, this.changed);
    this.#controls = new OrbitControls(this.camera, canvas);
    Object.assign(this.#controls, {
      maxPolarAngle: 1.5,
      minDistance: 2.5,
      maxDistance: 32,
      zoomToCursor: true,
    });
    this.#controls.addEventListener('change', () => {
      this.changed();
      this.#tell();
    });
    new Pointer(canvas, this, this.#controls, world, hand);
    steerByKeys(canvas, this.#controls);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const theme = () => {
      this.#surroundings.theme(dark.matches);
      this.changed();
    };
    dark.addEventListener('change', theme);
    theme();
    new ResizeObserver(() => this.#resize()).observe(canvas.parentElement ?? canvas);
    world.room.on('status', (status) => status === 'joined' && this.#tell());
    // The time that is left of locks goes by.
    setInterval(this.changed, 1000);
    this.#resize();
    this.go(world.place, false);
  }

  readonly changed = (): void => {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    requestAnimationFrame(this.#draw);
  };

  /** Flies there. */
  go(place: string, flies = !matchMedia('(prefers-reduced-motion: reduce)').matches): void {
    const [x, z] = CENTERS[place] ?? [0, 0];
    const { from, at, lean } = views[place] ?? { from: new Vector3(), at: new Vector3(), lean: 0 };
    const center = new Vector3(x, 0, z);
    // What is seen in a tall window is as wide as in a broad one.
    const distance = Math.min(2.1, Math.max(1, 1.15 / this.camera.aspect));
    const to: [Vector3, Vector3] = [
      from
        .clone()
        .sub(at)
        .applyAxisAngle(UP, lean * this.#side())
        .multiplyScalar(distance)
        .add(at)
        .add(center),
      at.clone().add(center),
    ];
    this.#surroundings.look(place);
    const begunAtMs = performance.now() - (flies ? 0 : FLIGHT_MS);
    this.#flight = { begunAtMs, from: [this.camera.position.clone(), this.#controls.target.clone()], to };
    if (!flies) this.#fly();
    this.changed();
  }

  /** Everybody comes from another side, so as not to stand in each other's way: from -0.5 to 0.5. */
  #side(): number {
    let sum = 0;
    for (const one of this.#world.me.userId) sum = (sum * 31 + (one.codePointAt(0) ?? 0)) % 1000;
    return sum / 1000 - 0.5;
  }

  /** Where a point of the place that is looked at is on the screen. */
  onScreen(local: Vector3): { x: number; y: number } {
    this.camera.updateMatrixWorld();
    const [cx, cz] = CENTERS[this.#world.place] ?? [0, 0];
    const { x, y } = local
      .clone()
      .add(new Vector3(cx, 0, cz))
      .project(this.camera);
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return { x: left + ((x + 1) / 2) * width, y: top + ((1 - y) / 2) * height };
  }

  readonly #draw = (nowMs: number): void => {
    this.#isDrawn = true;
    const elapsedMs = Math.min(100, Math.max(1, nowMs - this.#drawnAtMs));
    this.#drawnAtMs = nowMs;
    const moves = [
      this.#fly(),
      this.things.animate(elapsedMs),
      this.#others.animate(elapsedMs, this.camera.position),
    ];
    this.#label();
    this.camera.updateMatrixWorld();
    this.#labels.draw(this.camera);
    this.#renderer.render(this.#scene, this.camera);
    this.#seen();
    if (moves.includes(true)) this.changed();
    if (this.#quality.drew(elapsedMs, !this.#isDrawn)) this.#resize();
  };

  #fly(): boolean {
    if (this.#flight === undefined) return false;
    const { begunAtMs, from, to } = this.#flight;
    const part = Math.min(1, (performance.now() - begunAtMs) / FLIGHT_MS);
    const eased = part * part * (3 - 2 * part);
    this.camera.position.lerpVectors(from[0], to[0], eased);
    this.#controls.target.lerpVectors(from[1], to[1], eased);
    this.#controls.update();
    if (part === 1) {
      this.#flight = undefined;
      this.#tell();
    }
    return part < 1;
  }

  /** Who holds what in this place, and how long still. */
  #label(): void {
    const { room, people, place } = this.#world;
    const shown = new Set<string>();
    for (const id of Object.keys(room.selection.selected)) {
      const holder = room.selection.holderOf(id);
      const at = this.things.above(id, place);
      if (holder === undefined || at === undefined) continue;
      const text = `${people.isMe(holder) ? 'You' : people.nameOf(holder)} · ${clock(this.#holds.leftMs(id))}`;
      shown.add(`lock ${id}`);
      this.#labels.set(`lock ${id}`, 'lock', at, text, people.colorOf(holder));
    }
    this.#labels.keepOnly('lock ', shown);
  }

  #tell(): void {
    const nowMs = performance.now();
    if (nowMs - this.#sentAtMs < SIGNAL_MS && this.#flight === undefined) {
      setTimeout(() => performance.now() - this.#sentAtMs >= SIGNAL_MS && this.#tell(), SIGNAL_MS);
      return;
    }
    this.#sentAtMs = nowMs;
    const { position, fov } = this.camera;
    const { room, place } = this.#world;
    room.cameras.move(place, { position: position.toArray(), target: this.#controls.target.toArray(), fov });
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas.parentElement ?? this.#canvas;
    if (width === 0 || height === 0) return;
    const wasTall = this.camera.aspect < 1;
    this.#surroundings.shadows = this.#quality.shadows;
    this.#renderer.setPixelRatio(this.#quality.pixelRatio);
    this.#renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    if (wasTall !== this.camera.aspect < 1) this.go(this.#world.place, false);
    this.changed();
  }
}
