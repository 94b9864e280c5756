import { type Camera, Vector3 } from 'three';
import { element } from '../../common/element.ts';
import { paint } from '../paint.ts';

/** Labels of things in the scene, as elements above the canvas. */
export class Labels {
  readonly #layer: HTMLElement;
  readonly #labels = new Map<string, { node: HTMLElement; at: Vector3 }>();
  readonly #point = new Vector3();

  constructor(layer: HTMLElement) {
    this.#layer = layer;
  }

  /** Sets the label of this name: at a point of the world, in somebody's colour. */
  set(name: string, kind: string, at: Vector3, text: string, color: string): void {
    let label = this.#labels.get(name);
    if (label === undefined) {
      label = { node: element('div', { class: `label ${kind}` }, element('span')), at: new Vector3() };
      this.#labels.set(name, label);
      this.#layer.append(label.node);
    }
    label.at.copy(at);
    paint(label.node, color);
    const span = label.node.firstElementChild;
    if (span !== null && span.textContent !== text) span.textContent = text;
  }

  remove(name: string): void {
    this.#labels.get(name)?.node.remove();
    this.#labels.delete(name);
  }

  /** Removes those that begin with `prefix` and are not among `names`. */
  keepOnly(prefix: string, names: ReadonlySet<string>): void {
    for (const name of this.#labels.keys()) {
      if (name.startsWith(prefix) && !names.has(name)) this.remove(name);
    }
  }

  draw(camera: Camera): void {
    const { clientWidth: width, clientHeight: height } = this.#layer;
    for (const { node, at } of this.#labels.values()) {
      const { x, y, z } = this.#point.copy(at).project(camera);
      const isSeen = z < 1 && Math.abs(x) < 1.05 && Math.abs(y) < 1.05;
      node.hidden = !isSeen;
      if (isSeen) node.style.transform = `translate(${((x + 1) / 2) * width}px, ${((1 - y) / 2) * height}px)`;
    }
  }
}
