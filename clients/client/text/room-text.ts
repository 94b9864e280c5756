import type { TextOperation } from '../../../protocol/index.ts';
import type { TandemError } from '../error.ts';
import { Events } from '../events.ts';
import { leading, replacing, whole } from './edits.ts';

export interface TextEvents {
  /** The text has changed by `operation` (`ot-text-unicode`, in code points). */
  change: { value: string; operation: TextOperation; isOwn: boolean };
  /** Edits of one's own were refused, and are taken back. */
  refused: TandemError;
}

/** A text that several people edit. Positions are those of JavaScript strings. */
export class RoomText extends Events<TextEvents> {
  /** With what is not confirmed yet. */
  value = '';
  readonly #edit: (operation: TextOperation) => void;

  /** @internal */
  constructor(edit: (operation: TextOperation) => void) {
    super();
    this.#edit = edit;
  }

  insert(position: number, text: string): void {
    this.replace(position, 0, text);
  }

  delete(position: number, length: number): void {
    this.replace(position, length, '');
  }

  replace(position: number, length: number, text: string): void {
    if (position < 0 || length < 0 || position + length > this.value.length) {
      throw new RangeError(`There is no ${position}, ${length} in a text of ${this.value.length}.`);
    }
    this.#edit(replacing(this.value, position, length, text));
  }

  /** Makes it this text, by changing what differs. For text fields. */
  set(value: string): void {
    this.#edit(leading(this.value, whole(value)));
  }
}
