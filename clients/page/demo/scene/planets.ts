import {
  CanvasTexture,
  Color,
  DoubleSide,
  Group,
  Mesh,
  MeshBasicMaterial,
  MeshStandardMaterial,
  type PointLight,
  RingGeometry,
  SphereGeometry,
  Sprite,
  SpriteMaterial,
  SRGBColorSpace,
} from 'three';

const sphere = new SphereGeometry(1, 48, 32);

/** A model and the materials that take on the item's colour. */
export interface Model {
  readonly group: Group;
  readonly light?: PointLight | undefined;
  paint(color: string): void;
}

const radii: Readonly<Record<string, number>> = {
  sun: 1.25,
  'planet-small': 0.3,
  'planet-medium': 0.45,
  'planet-moon': 0.5,
  'planet-large': 1,
  'planet-ring': 0.8,
};

export function planet(kind: string, name: string): Model {
  const group = new Group();
  const radius = radii[kind] ?? 0.5;
  if (kind === 'sun') return sun(group, radius);
  const material = new MeshStandardMaterial({ roughness: 0.85, map: banded(name, kind.length) });
  const body = new Mesh(sphere, material);
  body.scale.setScalar(radius);
  body.position.y = radius;
  body.rotation.z = 0.25;
  body.castShadow = true;
  group.add(body);
  if (kind === 'planet-ring') {
    const ring = new Mesh(
      new RingGeometry(radius * 1.4, radius * 2.15, 96),
      new MeshStandardMaterial({
        color: '#cbb994',
        side: DoubleSide,
        roughness: 1,
        transparent: true,
        opacity: 0.75,
      }),
    );
    ring.rotation.set(-Math.PI / 2 + 0.3, 0.18, 0);
    ring.position.y = radius;
    group.add(ring);
  }
  if (kind === 'planet-moon') {
    const moon = new Mesh(sphere, new MeshStandardMaterial({ color: '#c9c9c4', roughness: 1 }));
    moon.scale.setScalar(0.13);
    moon.position.set(0.72, radius + 0.3, 0.3);
    moon.castShadow = true;
    group.add(moon);
  }
  return { group, paint: (color) => material.color.set(color) };
}

function sun(group: Group, radius: number): Model {
  const material = new MeshBasicMaterial({ toneMapped: false });
  const body = new Mesh(sphere, material);
  body.scale.setScalar(radius);
  body.position.y = radius;
  const shine = new SpriteMaterial({ map: glow(), depthWrite: false, toneMapped: false, opacity: 0.75 });
  const halo = new Sprite(shine);
  halo.scale.setScalar(radius * 4.4);
  halo.position.y = radius;
  // Light is nothing to take hold of.
  halo.raycast = () => {};
  group.add(body, halo);
  return {
    group,
    paint(color) {
      material.color.set(color).lerp(new Color('#ffffff'), 0.08);
      shine.color.set(color);
    },
  };
}

function glow(): CanvasTexture {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [128, 128];
  const context = canvas.getContext('2d');
  if (context !== null) {
    const light = context.createRadialGradient(64, 64, 24, 64, 64, 64);
    light.addColorStop(0, 'rgba(255, 255, 255, 0.8)');
    light.addColorStop(0.35, 'rgba(255, 255, 255, 0.25)');
    light.addColorStop(1, 'rgba(255, 255, 255, 0)');
    context.fillStyle = light;
    context.fillRect(0, 0, 128, 128);
  }
  return new CanvasTexture(canvas);
}

/** Bands of light and shade, always the same for a name. */
function banded(name: string, seed: number): CanvasTexture {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [64, 256];
  const context = canvas.getContext('2d');
  let state = [...name].reduce((sum, one) => (sum * 31 + (one.codePointAt(0) ?? 0)) >>> 0, seed);
  const random = () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  if (context !== null) {
    context.fillStyle = '#ffffff';
    context.fillRect(0, 0, 64, 256);
    for (let y = 0; y < 256; ) {
      const height = 6 + random() * 26;
      const shade = 205 + Math.round(random() * 50);
      context.fillStyle = `rgb(${shade}, ${shade - 6}, ${shade - 14})`;
      context.filter = 'blur(3px)';
      context.fillRect(-8, y, 80, height);
      y += height;
    }
  }
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  return texture;
}
