import type { TextOperation } from '../../../protocol/index.ts';
import { apply, compose, cross, leading, whole } from '../../client/text/edits.ts';
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
  let shown = '';
  /** From what is shown to the text: what has come while a character is composed, which must not be disturbed. */
  let held: TextOperation = [];
  let isComposing = false;

  const show = () => {
    const [start, end] = [field.selectionStart, field.selectionEnd].map((at) => movedBy(held, shown, at));
    held = [];
    shown = text.value;
    if (field.value === shown) return;
    const { scrollTop, selectionDirection } = field;
    field.value = shown;
    field.setSelectionRange(start ?? 0, end ?? 0, selectionDirection);
    field.scrollTop = scrollTop;
  };
  const typed = () => {
    const value = whole(field.value);
    const [own, others] = cross(leading(shown, value), held);
    shown = value;
    held = others;
    text.set(apply(text.value, own));
  };

  let earlier = '';
  text.on('change', ({ value, operation, isOwn }) => {
    const before = earlier;
    earlier = value;
    if (!isOwn) {
      held = compose(held, operation);
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
