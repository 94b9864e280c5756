import {
  AmbientLight,
  BufferGeometry,
  CircleGeometry,
  Color,
  DirectionalLight,
  Float32BufferAttribute,
  Group,
  HemisphereLight,
  LineBasicMaterial,
  LineLoop,
  Mesh,
  MeshStandardMaterial,
  Points,
  PointsMaterial,
  type Scene,
  ShadowMaterial,
} from 'three';
import { RoundedBoxGeometry } from 'three/examples/jsm/geometries/RoundedBoxGeometry.js';

/** Where the places are in the world, far enough from each other. */
export const CENTERS: Readonly<Record<string, readonly [x: number, z: number]>> = {
  planets: [-40, 0],
  living: [40, 0],
};

/** What stands there and cannot be moved: light, floors, walls, stars. */
export class Surroundings {
  readonly places = new Map<string, Group>();
  readonly #scene: Scene;
  readonly #hemisphere = new HemisphereLight();
  readonly #ambient = new AmbientLight();
  readonly #sun = new DirectionalLight('#fff4e2');
  readonly #wall = new MeshStandardMaterial({ roughness: 1 });
  readonly #floor = new MeshStandardMaterial({ roughness: 0.85 });
  readonly #shade = new ShadowMaterial({ depthWrite: false });
  readonly #stars = stars();
  readonly #orbit = new LineBasicMaterial({ transparent: true });
  readonly #orbits = new Map<string, LineLoop>();

  constructor(scene: Scene) {
    this.#scene = scene;
    scene.add(this.#hemisphere, this.#ambient);
    this.#sun.castShadow = true;
    this.#sun.shadow.mapSize.set(1024, 1024);
    this.#sun.shadow.radius = 5;
    this.#sun.shadow.normalBias = 0.03;
    Object.assign(this.#sun.shadow.camera, { left: -11, right: 11, top: 11, bottom: -11, near: 1, far: 45 });
    scene.add(this.#sun, this.#sun.target);
    for (const [name, [x, z]] of Object.entries(CENTERS)) {
      const place = new Group();
      place.position.set(x, 0, z);
      this.places.set(name, place);
      scene.add(place);
    }
    this.places.get('planets')?.add(ground(this.#shade, 16, 0), this.#stars);
    this.places.get('living')?.add(...room(this.#floor, this.#wall), ground(this.#shade, 30, -0.13));
  }

  set shadows(are: boolean) {
    this.#sun.castShadow = are;
  }

  look(place: string): void {
    const [x, z] = CENTERS[place] ?? [0, 0];
    this.#sun.position.set(x + 5, 13, z + 7);
    this.#sun.target.position.set(x, 0, z);
    const size = place === 'planets' ? 12 : 6;
    Object.assign(this.#sun.shadow.camera, { left: -size, right: size, top: size, bottom: -size });
    this.#sun.shadow.camera.updateProjectionMatrix();
  }

  theme(isDark: boolean): void {
    this.#scene.background = new Color(isDark ? '#131417' : '#eceae5');
    this.#orbit.color.set(isDark ? '#ffffff' : '#30302c');
    this.#orbit.opacity = isDark ? 0.16 : 0.2;
    this.#wall.color.set(isDark ? '#494b55' : '#f4efe6');
    this.#floor.color.set(isDark ? '#6f5945' : '#d9bd98');
    this.#shade.opacity = isDark ? 0.4 : 0.12;
    this.#hemisphere.color.set(isDark ? '#9fb4d8' : '#ffffff');
    this.#hemisphere.groundColor.set(isDark ? '#2a2622' : '#cfc4b4');
    this.#hemisphere.intensity = isDark ? 0.9 : 1.5;
    this.#ambient.intensity = isDark ? 0.25 : 0.55;
    this.#sun.intensity = isDark ? 1.9 : 2.1;
    this.#stars.visible = isDark;
  }

  /** The circle on which a planet stands. */
  orbit(id: string, radius: number | undefined): void {
    let circle = this.#orbits.get(id);
    if (radius === undefined) {
      circle?.removeFromParent();
      this.#orbits.delete(id);
      return;
    }
    if (circle === undefined) {
      circle = new LineLoop(unitCircle, this.#orbit);
      circle.position.y = 0.012;
      this.#orbits.set(id, circle);
      this.places.get('planets')?.add(circle);
    }
    circle.scale.set(radius, 1, radius);
  }
}

const unitCircle = new BufferGeometry().setAttribute(
  'position',
  new Float32BufferAttribute(
    Array.from({ length: 192 }, (_, index) => {
      const angle = (index / 192) * Math.PI * 2;
      return [Math.cos(angle), 0, Math.sin(angle)];
    }).flat(),
    3,
  ),
);

/** Nothing but the shadows that fall on it. */
function ground(material: ShadowMaterial, radius: number, y: number): Mesh {
  const mesh = new Mesh(new CircleGeometry(radius, 96), material);
  mesh.rotation.x = -Math.PI / 2;
  mesh.position.y = y;
  mesh.receiveShadow = true;
  return mesh;
}

function room(floorMaterial: MeshStandardMaterial, wallMaterial: MeshStandardMaterial): Mesh[] {
  const floor = new Mesh(new RoundedBoxGeometry(8.6, 0.12, 6, 2, 0.05), floorMaterial);
  floor.position.y = -0.06;
  const back = new Mesh(new RoundedBoxGeometry(8.6, 2.5, 0.12, 2, 0.04), wallMaterial);
  back.position.set(0, 1.13, -2.94);
  const side = new Mesh(new RoundedBoxGeometry(0.12, 2.5, 6, 2, 0.04), wallMaterial);
  side.position.set(-4.24, 1.13, 0);
  for (const mesh of [floor, back, side]) {
    mesh.receiveShadow = true;
    mesh.castShadow = mesh !== floor;
  }
  return [floor, back, side];
}

function stars(): Points {
  const positions: number[] = [];
  for (let index = 0; index < 500; index++) {
    const [angle, height] = [index * 2.399963, ((index * 7919) % 1000) / 1000];
    const radius = 26 + (index % 5);
    positions.push(Math.cos(angle) * radius, height * 24 - 9, Math.sin(angle) * radius);
  }
  const geometry = new BufferGeometry().setAttribute('position', new Float32BufferAttribute(positions, 3));
  return new Points(
    geometry,
    new PointsMaterial({
      color: '#ffffff',
      size: 1.4,
      sizeAttenuation: false,
      opacity: 0.5,
      transparent: true,
    }),
  );
}
