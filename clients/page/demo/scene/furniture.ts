import {
  BoxGeometry,
  type BufferGeometry,
  ConeGeometry,
  CylinderGeometry,
  Group,
  IcosahedronGeometry,
  type Material,
  Mesh,
  MeshStandardMaterial,
  PointLight,
} from 'three';
import { RoundedBoxGeometry } from 'three/examples/jsm/geometries/RoundedBoxGeometry.js';
import type { Model } from './planets.ts';

type Place = readonly [x: number, y: number, z: number];

/** Builds a piece of furniture, standing on the floor, with its front to +z. */
class Joiner {
  readonly group = new Group();
  light: PointLight | undefined;
  /** In the item's colour. */
  readonly main = new MeshStandardMaterial({ roughness: 0.8 });
  readonly wood = new MeshStandardMaterial({ color: '#6d4c35', roughness: 0.7 });
  readonly dark = new MeshStandardMaterial({ color: '#3a3a3c', roughness: 0.6 });
  readonly pale = new MeshStandardMaterial({ color: '#efe9df', roughness: 0.9 });

  add(geometry: BufferGeometry, material: Material, [x, y, z]: Place): Mesh {
    const mesh = new Mesh(geometry, material);
    mesh.position.set(x, y, z);
    mesh.castShadow = true;
    mesh.receiveShadow = true;
    this.group.add(mesh);
    return mesh;
  }

  soft(width: number, height: number, depth: number, at: Place, material: Material = this.main): Mesh {
    const radius = Math.min(0.09, width / 3, height / 3, depth / 3);
    return this.add(new RoundedBoxGeometry(width, height, depth, 3, radius), material, at);
  }

  board(width: number, height: number, depth: number, at: Place, material: Material = this.main): Mesh {
    return this.add(new BoxGeometry(width, height, depth), material, at);
  }

  round(top: number, bottom: number, height: number, at: Place, material: Material = this.main): Mesh {
    return this.add(new CylinderGeometry(top, bottom, height, 40), material, at);
  }

  legs(width: number, depth: number, height: number, thickness = 0.035): void {
    for (const x of [-width / 2, width / 2]) {
      for (const z of [-depth / 2, depth / 2]) {
        this.round(thickness, thickness * 0.7, height, [x, height / 2, z], this.wood);
      }
    }
  }
}

const builders: Readonly<Record<string, (joiner: Joiner) => void>> = {
  sofa: (it) => seat(it, 2.2, 2),
  armchair: (it) => seat(it, 0.95, 1),
  rug(it) {
    it.round(1.75, 1.75, 0.03, [0, 0.015, 0]).castShadow = false;
    it.round(1.35, 1.35, 0.032, [0, 0.017, 0], it.pale).castShadow = false;
    it.round(1.25, 1.25, 0.034, [0, 0.018, 0]).castShadow = false;
  },
  table(it) {
    it.round(0.62, 0.62, 0.06, [0, 0.42, 0]);
    it.legs(0.66, 0.66, 0.4);
    it.board(0.26, 0.035, 0.19, [0.16, 0.467, 0.05], it.pale).rotation.y = 0.4;
    it.round(0.055, 0.045, 0.1, [-0.22, 0.5, -0.1], it.pale);
  },
  lamp(it) {
    it.round(0.2, 0.22, 0.04, [0, 0.02, 0], it.dark);
    it.round(0.015, 0.015, 1.5, [0, 0.77, 0], it.dark);
    it.main.emissive.set('#ffcf70');
    it.main.emissiveIntensity = 0.55;
    it.round(0.17, 0.28, 0.36, [0, 1.5, 0]).castShadow = false;
    it.light = new PointLight('#ffcf8a', 4, 5);
    it.light.position.y = 1.45;
    it.group.add(it.light);
  },
  shelf(it) {
    for (const x of [-0.8, 0.8]) it.board(0.05, 1.5, 0.34, [x, 0.75, 0]);
    for (const y of [0.08, 0.53, 0.98, 1.47]) it.board(1.6, 0.04, 0.34, [0, y, 0]);
    it.board(1.6, 1.45, 0.02, [0, 0.75, -0.16]);
    const colors = ['#b4553f', '#e3d5b8', '#456a7c', '#d9a441', '#5f7f66', '#8a5a6d'];
    for (let index = 0; index < 26; index++) {
      const shelf = Math.floor(index / 9);
      const height = 0.24 + ((index * 37) % 11) / 100;
      const material = new MeshStandardMaterial({
        color: colors[(index * 5) % colors.length] ?? '',
        roughness: 0.9,
      });
      const x = -0.7 + (index % 9) * (shelf === 1 ? 0.1 : 0.13);
      it.board(0.075, height, 0.2, [x, 0.1 + shelf * 0.45 + height / 2, 0.02], material);
    }
  },
  plant(it) {
    it.round(0.24, 0.18, 0.4, [0, 0.2, 0], it.pale);
    it.round(0.2, 0.2, 0.02, [0, 0.4, 0], it.wood);
    const leaf = new ConeGeometry(0.13, 0.85, 7);
    for (let index = 0; index < 11; index++) {
      const [angle, tilt] = [index * 2.4, 0.18 + (index % 4) * 0.17];
      const blade = it.add(leaf, it.main, [
        Math.cos(angle) * tilt * 0.38,
        0.82 - tilt * 0.16,
        Math.sin(angle) * tilt * 0.38,
      ]);
      blade.rotation.set(Math.sin(angle) * tilt, 0, -Math.cos(angle) * tilt);
      blade.scale.set(1, 1, 0.45);
    }
  },
  stool(it) {
    it.round(0.27, 0.25, 0.12, [0, 0.46, 0]);
    it.legs(0.3, 0.3, 0.4);
  },
};

function seat(it: Joiner, width: number, cushions: number): void {
  it.legs(width - 0.14, 0.66, 0.14, 0.04);
  it.soft(width, 0.24, 0.86, [0, 0.26, 0]);
  it.soft(width, 0.56, 0.22, [0, 0.56, -0.34]);
  for (const side of [-1, 1]) it.soft(0.18, 0.42, 0.86, [(side * (width - 0.18)) / 2, 0.42, 0]);
  const each = (width - 0.4) / cushions;
  for (let index = 0; index < cushions; index++) {
    const x = (index - (cushions - 1) / 2) * each;
    it.soft(each - 0.03, 0.16, 0.6, [x, 0.45, 0.09]);
  }
  const pillow = it.soft(0.4, 0.4, 0.13, [width / 2 - 0.36, 0.66, -0.12], it.pale);
  pillow.rotation.set(-0.3, -0.25, 0.1);
}

export function furniture(kind: string): Model {
  const joiner = new Joiner();
  const build = Object.hasOwn(builders, kind) ? builders[kind] : undefined;
  if (build === undefined) joiner.add(new IcosahedronGeometry(0.35, 1), joiner.main, [0, 0.35, 0]);
  else build(joiner);
  const { group, light, main } = joiner;
  return { group, light, paint: (color) => main.color.set(color) };
}
