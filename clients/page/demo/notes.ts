import type { TextOperation } from '../../../protocol/index.ts';
import { part } from '../common/element.ts';
import { Carets } from './carets.ts';
import { movedBy } from './moved-by.ts';
import type { World } from './world.ts';

const DOCUMENT = 'notes';

/** A text that everybody edits, with the carets of the others. */
export function openNotes(world: World): void {
  const { room } = world;
  const text = room.text(DOCUMENT);
  const field = part<HTMLTextAreaElement>('notes');
  const carets = new Carets(world, field, DOCUMENT);
  /** What the field showed when it was last the same as the text. */
  let shown = '';
  /** What has come while a character was being composed, which must not be disturbed. */
  const held: { operation: TextOperation; before: string }[] = [];
  let isComposing = false;

  const show = () => {
    let [start, end] = [field.selectionStart, field.selectionEnd];
    for (const { operation, before } of held.splice(0)) {
      start = movedBy(operation, before, start);
      end = movedBy(operation, before, end);
    }
    shown = text.value;
    if (field.value === shown) return;
    const { scrollTop, selectionDirection } = field;
    field.value = shown;
    field.setSelectionRange(start, end, selectionDirection);
    field.scrollTop = scrollTop;
  };
  const typed = () => {
    const { value } = field;
    let start = 0;
    const shorter = Math.min(value.length, shown.length);
    while (start < shorter && value[start] === shown[start]) start++;
    let same = 0;
    while (same < shorter - start && value.at(-1 - same) === shown.at(-1 - same)) same++;
    let [from, to] = [start, shown.length - same];
    for (const { operation, before } of held) {
      from = movedBy(operation, before, from);
      to = movedBy(operation, before, to);
    }
    shown = value;
    text.replace(from, Math.max(0, to - from), value.slice(start, value.length - same));
  };

  let earlier = '';
  text.on('change', ({ value, operation, isOwn }) => {
    const before = earlier;
    earlier = value;
    if (!isOwn) {
      held.push({ operation, before });
      carets.moved((position) => movedBy(operation, before, position));
    }
    if (!isComposing && !isOwn) show();
    carets.draw();
  });
  text.on('refused', ({ message }) => world.announcer.show(`Notes: ${message}`, 'warning'));
  field.addEventListener('input', typed);
  field.addEventListener('compositionstart', () => {
    isComposing = true;
  });
  field.addEventListener('compositionend', () => {
    isComposing = false;
    // The last `input` comes before this or after it.
    setTimeout(show);
  });
  const tell = () => {
    const isThere = document.activeElement === field;
    const selection = isThere ? { start: field.selectionStart, end: field.selectionEnd } : null;
    room.signal('cursor', { target: DOCUMENT, selection });
  };
  for (const name of ['selectionchange', 'focus', 'blur'] as const) field.addEventListener(name, tell);
  field.addEventListener('scroll', () => carets.draw());
  new ResizeObserver(() => carets.draw()).observe(field);
}
