import { type as textType } from 'ot-text-unicode';
import type { TextDocument, TextOperation } from '../../protocol/index.ts';
import { normalized } from '../support/normalized.ts';

/** An operation of this client's own that has not become a version of the document yet. */
interface Pending {
  readonly opId: string;
  /** Over what has come since it was made; undefined where some of that is not known. */
  transformed: TextOperation | undefined;
}

/**
 * A client's copy of a text, kept by the rules TX1 to TX3: what others do comes transformed; what this
 * client does it transforms itself, over all that came before the version which the server has given it.
 */
export class TextReplica {
  version = 0;
  text = '';
  pending: Pending | undefined;
  readonly faults: string[] = [];
  /** What is known of versions that cannot be applied yet; `own`: the pending one. */
  readonly #future = new Map<number, TextOperation | 'own'>();
  readonly #own = new Set<string>();

  /** True: the text has to be asked for, as what became of an own operation cannot be told. */
  get stuck(): boolean {
    return this.#future.get(this.version + 1) === 'own' && this.pending?.transformed === undefined;
  }

  began(opId: string, operation: TextOperation): void {
    this.#own.add(opId);
    // As the server does: where two insert at one place it counts which component stands first.
    this.pending = { opId, transformed: normalized(operation) };
  }

  acknowledged(opId: string, version: number): void {
    // The repeat of one that came back by itself, and which another has followed since.
    if (this.pending?.opId !== opId) return;
    if (version > this.version && !this.#future.has(version)) this.#future.set(version, 'own');
    if (version <= this.version) this.pending = undefined;
    this.#drain();
  }

  /** It was not made. */
  refused(opId: string): void {
    if (this.pending?.opId === opId) this.pending = undefined;
  }

  received(version: number, operation: TextOperation, opId: string | undefined): void {
    const own = opId !== undefined && this.#own.has(opId);
    if (version <= this.version) {
      if (!own) this.faults.push(`version ${version} of the text arrived twice`);
      return;
    }
    const known = this.#future.get(version);
    if (known !== undefined && known !== 'own') this.faults.push(`version ${version} arrived twice`);
    if (own !== (known === 'own') && known !== undefined)
      this.faults.push(`version ${version} has two authors`);
    this.#future.set(version, operation);
    if (own && this.pending?.opId === opId) this.pending = undefined;
    this.#drain();
  }

  /** The server's own state of the document. */
  replaced({ version, text }: TextDocument): void {
    if (version < this.version) {
      this.faults.push(`the text went back from version ${this.version} to ${version}`);
      return;
    }
    // What has come since the pending one was made is not told.
    if (version > this.version && this.pending !== undefined) this.pending.transformed = undefined;
    this.version = version;
    this.text = text;
    for (const [known, operation] of this.#future) {
      if (known > version) continue;
      if (operation === 'own') this.pending = undefined;
      this.#future.delete(known);
    }
    this.#drain();
  }

  #drain(): void {
    for (;;) {
      const next = this.#future.get(this.version + 1);
      const operation = next === 'own' ? this.pending?.transformed : next;
      if (operation === undefined) return;
      this.#future.delete(this.version + 1);
      this.version += 1;
      this.text = textType.apply(this.text, operation);
      if (next === 'own') this.pending = undefined;
      else if (this.pending?.transformed !== undefined) {
        this.pending.transformed = textType.transform(
          this.pending.transformed,
          operation,
          'left',
        ) as TextOperation;
      }
    }
  }
}
