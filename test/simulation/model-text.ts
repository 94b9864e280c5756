import { deepStrictEqual } from 'node:assert/strict';
import { type as ot } from 'ot-text-unicode';
import type { TextOperation } from '../../protocol/index.ts';

/** A text as a client knows it, written from the rules TX1 to TX3. */
export class ModelText {
  version = 0;
  text = '';
  /** The text at each version that is remembered. */
  past = new Map<number, string>([[0, '']]);
  /** The operation that made each version that is remembered. */
  made = new Map<number, TextOperation>();
  /** What has arrived ahead of its turn: own operations are acknowledged before others' are sent. */
  waiting = new Map<number, { operation: TextOperation; madeAt: number | undefined }>();
  /** What came between an own operation and its acknowledgement is not known: has to be asked for anew. */
  lost = false;

  static at(version: number, text: string): ModelText {
    const made = new ModelText();
    made.reset(version, text);
    return made;
  }

  reset(version: number, text: string): void {
    this.version = version;
    this.text = text;
    this.past = new Map([[version, text]]);
    this.made.clear();
    this.lost = false;
    for (const ahead of this.waiting.keys()) if (ahead <= version) this.waiting.delete(ahead);
    this.#proceed();
  }

  clone(): ModelText {
    const copy = new ModelText();
    copy.version = this.version;
    copy.text = this.text;
    copy.past = new Map(this.past);
    copy.made = new Map(this.made);
    copy.lost = this.lost;
    return copy;
  }

  /** The server has sent the operation that made a version. */
  arrive(version: number, operation: TextOperation, isRepeatAllowed: boolean): void {
    if (this.lost) return;
    if (version <= this.version) {
      if (!isRepeatAllowed) throw new Error(`[RS2] text version ${version} came twice`);
      const known = this.made.get(version);
      if (known !== undefined)
        deepStrictEqual(known, operation, '[TX3] transformed otherwise than by the server');
      return;
    }
    this.waiting.set(version, { operation, madeAt: undefined });
    this.#proceed();
  }

  /** The server has accepted an own operation. */
  acknowledge(version: number, operation: TextOperation, madeAt: number): void {
    if (this.lost || version <= this.version || this.waiting.has(version)) return;
    this.waiting.set(version, { operation, madeAt });
    this.#proceed();
  }

  /** Fails where an operation did not come. */
  checkComplete(): void {
    if (this.waiting.size > 0 && !this.lost) {
      throw new Error(`[TX2] text version ${this.version + 1} never came, ${[...this.waiting.keys()]} did`);
    }
  }

  #proceed(): void {
    for (;;) {
      const next = this.waiting.get(this.version + 1);
      if (next === undefined) return;
      this.waiting.delete(this.version + 1);
      const operation =
        next.madeAt === undefined ? next.operation : this.#transformed(next.operation, next.madeAt);
      if (operation === undefined) {
        this.lost = true;
        this.waiting.clear();
        return;
      }
      this.text = ot.apply(this.text, operation);
      this.version += 1;
      this.past.set(this.version, this.text);
      this.made.set(this.version, operation);
    }
  }

  /** Undefined where something in between is not known. */
  #transformed(own: TextOperation, madeAt: number): TextOperation | undefined {
    let operation = ot.normalize(own) as TextOperation;
    for (let version = madeAt + 1; version <= this.version; version++) {
      const other = this.made.get(version);
      if (other === undefined) return undefined;
      operation = ot.transform(operation, other, 'left') as TextOperation;
    }
    return operation;
  }
}
