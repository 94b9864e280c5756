import type { TextOperation } from '../../../protocol/index.ts';
import { apply, compose, cross, leading, whole } from '../../client/text/edits.ts';
import { part } from '../common/element.ts';
import { Carets } from './carets.ts';
import { inField, inText, onText } from './line-ends.ts';
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
  /** Where one was, until one comes back: to select something gives the field the focus in some browsers. */
  let left: [start: number, end: number] | undefined;

  const show = () => {
    const moved = moving(held, shown, text.value);
    const [start = 0, end = 0] = (left ?? [field.selectionStart, field.selectionEnd]).map(moved);
    held = [];
    shown = text.value;
    const value = inField(shown);
    if (field.value === value) return;
    const { scrollTop, selectionDirection } = field;
    field.value = value;
    if (document.activeElement === field) field.setSelectionRange(start, end, selectionDirection);
    else left = [start, end];
    field.scrollTop = scrollTop;
  };
  const typed = () => {
    const typing = onText(shown, leading(inField(shown), whole(field.value)));
    const [own, others] = cross(typing, held);
    shown = apply(shown, typing);
    held = others;
    text.set(apply(text.value, own));
  };

  let earlier = '';
  text.on('change', ({ value, operation, isOwn }) => {
    const before = earlier;
    earlier = value;
    if (!isOwn) held = compose(held, operation);
    carets.moved(moving(operation, before, value));
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
    // The last `input` comes before this or after it; the next syllable may have been begun meanwhile.
    setTimeout(() => isComposing || show());
  });
  const tell = () => {
    const isThere = document.activeElement === field;
    const selection = isThere ? { start: field.selectionStart, end: field.selectionEnd } : null;
    room.signal('cursor', { target: DOCUMENT, selection });
  };
  // Some browsers place the caret before they give the field the focus.
  field.addEventListener('mousedown', () => {
    left = undefined;
  });
  field.addEventListener('focus', () => {
    if (left !== undefined) field.setSelectionRange(...left);
    left = undefined;
    tell();
  });
  field.addEventListener('blur', tell);
  // It bubbles, where it is told of the field and not of the document alone.
  document.addEventListener('selectionchange', () => document.activeElement === field && tell());
  field.addEventListener('scroll', () => carets.draw());
  new ResizeObserver(() => carets.draw()).observe(field);
}

/** What an operation does to a place in the field. */
function moving(operation: TextOperation, before: string, after: string): (place: number) => number {
  return (place) => inField(after.slice(0, movedBy(operation, before, inText(before, place)))).length;
}
