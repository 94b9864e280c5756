/**
 * A map that mostly has one entry, which it keeps itself: a Map's table takes 200 bytes, and there are several for
 * each connection. As in a Map, what is deleted while its values are gone through is not met any more.
 */
export class SmallMap<Key, Value extends object> {
  #key: Key | undefined;
  #value: Value | undefined;
  /** All, once there were two. */
  #more: Map<Key, Value> | undefined;

  get size(): number {
    if (this.#more !== undefined) return this.#more.size;
    return this.#value === undefined ? 0 : 1;
  }

  get(key: Key): Value | undefined {
    if (this.#more !== undefined) return this.#more.get(key);
    return this.#key === key ? this.#value : undefined;
  }

  has(key: Key): boolean {
    return this.get(key) !== undefined;
  }

  set(key: Key, value: Value): void {
    if (this.#more === undefined && (this.#value === undefined || this.#key === key)) {
      this.#key = key;
      this.#value = value;
      return;
    }
    if (this.#more === undefined) {
      this.#more = new Map([[this.#key as Key, this.#value as Value]]);
      this.#forget();
    }
    this.#more.set(key, value);
  }

  delete(key: Key): boolean {
    if (this.#more !== undefined) return this.#more.delete(key);
    const isThere = this.has(key);
    if (isThere) this.#forget();
    return isThere;
  }

  clear(): void {
    this.#more = undefined;
    this.#forget();
  }

  values(): Iterable<Value> {
    if (this.#more !== undefined) return this.#more.values();
    return this.#value === undefined ? [] : [this.#value];
  }

  #forget(): void {
    this.#key = undefined;
    this.#value = undefined;
  }
}
