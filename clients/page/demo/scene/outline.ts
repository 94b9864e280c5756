import { BackSide, Box3, type BufferGeometry, Group, Mesh, MeshBasicMaterial, Vector3 } from 'three';

const WIDTH = 0.035;

/** A line around a model in somebody's colour: its parts once more, a little larger, seen from within. */
export class Outline {
  readonly #group = new Group();
  readonly #material = new MeshBasicMaterial({ side: BackSide, toneMapped: false });

  constructor(model: Group) {
    for (const mesh of model.children) {
      if (!(mesh instanceof Mesh) || mesh.userData.isGhost === true) continue;
      const hull = new Mesh(mesh.geometry as BufferGeometry, this.#material);
      const size = new Box3()
        .setFromBufferAttribute(mesh.geometry.getAttribute('position'))
        .getSize(new Vector3());
      hull.position.copy(mesh.position);
      hull.rotation.copy(mesh.rotation);
      hull.scale.copy(mesh.scale);
      for (const axis of ['x', 'y', 'z'] as const) {
        const length = Math.max(0.01, size[axis] * mesh.scale[axis]);
        hull.scale[axis] *= (length + 2 * WIDTH) / length;
      }
      hull.userData.isGhost = true;
      this.#group.add(hull);
    }
    this.#group.visible = false;
    model.add(this.#group);
  }

  /** Undefined: nobody's. */
  show(color: string | undefined): void {
    this.#group.visible = color !== undefined;
    if (color !== undefined) this.#material.color.set(color);
  }
}
