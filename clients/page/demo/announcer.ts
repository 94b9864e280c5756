import { element, part } from '../common/element.ts';

const SHOWN_MS = 4000;
const MOST = 3;

/** Says what happens: to who listens to the page, and to who looks at it. */
export class Announcer {
  readonly #said = part('said');
  readonly #shown = part('shown');

  /** For those who do not see it happen. */
  say(text: string): void {
    this.#said.append(element('p', {}, text));
    while (this.#said.children.length > MOST) this.#said.firstChild?.remove();
  }

  /** For everybody. */
  show(text: string, kind: 'note' | 'warning' = 'note'): void {
    // What is refused sixty times a second is told once.
    if ([...this.#shown.children].some((one) => one.textContent === text)) return;
    this.say(text);
    const note = element('p', { class: kind }, text);
    this.#shown.append(note);
    while (this.#shown.children.length > MOST) this.#shown.firstChild?.remove();
    setTimeout(() => note.remove(), SHOWN_MS);
  }
}
