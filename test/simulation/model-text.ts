import { deepStrictEqual } from 'node:assert/strict';
import { type as ot } from 'ot-text-unicode';
import type { TextOperation } from '../../protocol/index.ts';
import { normalized } from '../support/normalized.ts';

/** An operation as it was sent. */
export interface Own {
  operation: TextOperation;
  madeAt: number;
  connection: string;
}

/** A text as a client knows it, written from the rules TX1 to TX3, and TX6. */
export class ModelText {
  version = 0;
  text = '';
  /** The text at each version that is remembered. */
  past = new Map<number, string>([[0, '']]);
  /** The operation that made each version that is remembered. */
  made = new Map<number, TextOperation>();
  /** What has arrived ahead of its turn: own operations are acknowledged before others' are sent. */
  waiting = new Map<number, TextOperation | Own>();
  /** Own operations that made a version that is remembered. */
  own = new Map<number, Own>();
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
    this.own.clear();
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
    copy.own = new Map(this.own);
    copy.lost = this.lost;
    return copy;
  }

  /** The server has sent the operation that made a version, perhaps one of its own. */
  arrive(version: number, operation: TextOperation, isRepeatAllowed: boolean, own?: Own): void {
    if (this.lost) return;
    if (version <= this.version) {
      if (!isRepeatAllowed) throw new Error(`[RS2] text version ${version} came twice`);
      const known = this.made.get(version);
      if (known !== undefined)
        deepStrictEqual(known, operation, '[TX3] transformed otherwise than by the server');
      return;
    }
    if (own !== undefined) this.own.set(version, own);
    this.waiting.set(version, operation);
    this.#proceed();
  }

  /** The server has accepted an own operation. */
  acknowledge(version: number, own: Own): void {
    if (this.lost || version <= this.version || this.waiting.has(version)) return;
    this.own.set(version, own);
    this.waiting.set(version, own);
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
      const operation = Array.isArray(next) ? next : this.#known(next);
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

  /** What the server made of an own operation; undefined where something in between is not known. */
  #known(own: Own): TextOperation | undefined {
    let from = own.madeAt;
    for (let { version } = this; version > from; version--) {
      if (!this.made.has(version)) return undefined;
      const earlier = this.own.get(version);
      if (earlier?.connection === own.connection) from = Math.min(from, earlier.madeAt);
    }
    return this.#heard(own, this.version, this.version);
  }

  /** An own operation that came after a version, as it is when its author has heard of others up to another. */
  #heard(own: Own, after: number, heard: number): TextOperation {
    let operation = normalized(own.operation);
    for (const other of this.#others(own, after)) {
      if (other.version > heard) break;
      operation = ot.transform(operation, other.operation, 'left') as TextOperation;
    }
    return operation;
  }

  /** What others did from where an operation was made to a version, on top of what its author did. */
  #others({ madeAt, connection }: Own, end: number): { version: number; operation: TextOperation }[] {
    const others: { version: number; operation: TextOperation }[] = [];
    for (let version = madeAt + 1; version <= end; version++) {
      const own = this.own.get(version);
      if (own?.connection !== connection) {
        others.push({ version, operation: this.made.get(version) as TextOperation });
        continue;
      }
      let mine = this.#heard(own, version - 1, madeAt);
      for (const other of others) {
        const theirs = other.operation;
        other.operation = ot.transform(theirs, mine, 'right') as TextOperation;
        mine = ot.transform(mine, theirs, 'left') as TextOperation;
      }
    }
    return others;
  }
}
