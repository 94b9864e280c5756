import { readableOn } from './readable-on.ts';

/** Shows somebody's colour, `#rrggbb`; or nobody's. */
export function paint(node: HTMLElement, color: string): void {
  node.style.setProperty('--person', color);
  node.style.setProperty('--on-person', color === '' ? '' : readableOn(color));
}
