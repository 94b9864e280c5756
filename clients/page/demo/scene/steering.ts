import type { OrbitControls } from 'three/examples/jsm/controls/OrbitControls.js';

const TURN = Math.PI / 36;
const ZOOM = 0.9;

type Steer = (controls: OrbitControls) => void;

const turns: Readonly<Record<string, Steer>> = {
  ArrowLeft: (controls) => controls.rotateLeft(TURN),
  ArrowRight: (controls) => controls.rotateLeft(-TURN),
  ArrowUp: (controls) => controls.rotateUp(TURN),
  ArrowDown: (controls) => controls.rotateUp(-TURN),
};

const zooms: Readonly<Record<string, Steer>> = {
  '+': (controls) => controls.dollyIn(ZOOM),
  '-': (controls) => controls.dollyOut(ZOOM),
};

/** Keys turn the view and come nearer, as the mouse does. */
export function steerByKeys(canvas: HTMLCanvasElement, controls: OrbitControls): void {
  canvas.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steer = (event.shiftKey ? turns[event.key] : undefined) ?? zooms[event.key];
    if (steer === undefined) return;
    event.preventDefault();
    steer(controls);
  });
}
