import { part } from '../common/element.ts';
import type { Hand } from './hand.ts';
import type { World } from './world.ts';

/** Metres in a second while a key is held down. */
const SPEED = 2.4;
const TURN = Math.PI / 12;

const ways: Readonly<Record<string, readonly [x: number, y: number, z: number]>> = {
  ArrowLeft: [-1, 0, 0],
  ArrowRight: [1, 0, 0],
  ArrowUp: [0, 0, -1],
  ArrowDown: [0, 0, 1],
  PageUp: [0, 1, 0],
  PageDown: [0, -1, 0],
};

/** Keys: what is selected moves for as long as one is held down, when the scene has the focus. */
export function listenToKeys({ room, announcer }: World, hand: Hand): void {
  const stage = part('stage');
  const held = new Map<string, readonly [number, number, number]>();
  let atMs = 0;

  const move = (nowMs: number) => {
    if (held.size === 0) return;
    const seconds = Math.min(0.1, (nowMs - atMs) / 1000);
    atMs = nowMs;
    const by = { x: 0, y: 0, z: 0 };
    for (const [x, y, z] of held.values()) {
      by.x += x * SPEED * seconds;
      by.y += y * SPEED * seconds;
      by.z += z * SPEED * seconds;
    }
    hand.step(by);
    requestAnimationFrame(move);
  };
  const release = () => {
    if (held.size === 0) return;
    held.clear();
    hand.letGo();
  };

  stage.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || (event.target as Element).closest('#detail'))
      return;
    // With Shift they turn the view.
    const way = event.shiftKey ? undefined : ways[event.key];
    if (way !== undefined && hand.selected !== undefined) {
      event.preventDefault();
      if (held.has(event.key)) return;
      held.set(event.key, way);
      if (held.size > 1) return;
      // A short press is a step, too.
      hand.step({ x: way[0] * 0.05, y: way[1] * 0.05, z: way[2] * 0.05 });
      atMs = performance.now();
      requestAnimationFrame(move);
    } else if (event.key === 'r' || event.key === 'R') hand.turn(event.shiftKey ? -TURN : TURN);
    else if (event.key === 'Delete' || event.key === 'Backspace') hand.remove();
    else if (event.key === 'Escape') hand.select(undefined);
  });
  stage.addEventListener('keyup', ({ key }) => {
    if (held.delete(key) && held.size === 0) hand.letGo();
  });
  stage.addEventListener('focusout', release);
  window.addEventListener('blur', release);

  const revert = (way: 'undo' | 'redo') => {
    const word = way === 'undo' ? 'Undone' : 'Redone';
    room.scene[way]().then(
      (isDone) => announcer.say(isDone ? `${word}.` : 'There is nothing left of it.'),
      () => {},
    );
  };
  part('undo').addEventListener('click', () => revert('undo'));
  part('redo').addEventListener('click', () => revert('redo'));
  document.addEventListener('keydown', (event) => {
    const isTyping = (event.target as Element).closest('input, textarea') !== null;
    if (isTyping || !(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key !== 'z' && key !== 'y') return;
    event.preventDefault();
    revert(key === 'y' || event.shiftKey ? 'redo' : 'undo');
  });
  // Not `disabled`, which would take the focus away from who goes back as far as it goes.
  const show = () => {
    part('undo').setAttribute('aria-disabled', String(!room.scene.canUndo));
    part('redo').setAttribute('aria-disabled', String(!room.scene.canRedo));
  };
  room.scene.on('history', show);
}
