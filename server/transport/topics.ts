/** Who has subscribed to what. Both directions are kept, so that leaving costs what was joined. */
export class Topics<Subscriber> {
  readonly #subscribers = new Map<string, Set<Subscriber>>();
  readonly #topics = new Map<Subscriber, Set<string>>();

  subscribe(subscriber: Subscriber, topic: string): void {
    entry(this.#subscribers, topic).add(subscriber);
    entry(this.#topics, subscriber).add(topic);
  }

  unsubscribe(subscriber: Subscriber, topic: string): void {
    remove(this.#subscribers, topic, subscriber);
    remove(this.#topics, subscriber, topic);
  }

  unsubscribeAll(subscriber: Subscriber): void {
    for (const topic of this.#topics.get(subscriber) ?? []) remove(this.#subscribers, topic, subscriber);
    this.#topics.delete(subscriber);
  }

  topicsOf(subscriber: Subscriber): Iterable<string> {
    return this.#topics.get(subscriber) ?? [];
  }

  of(topic: string): Iterable<Subscriber> {
    return this.#subscribers.get(topic) ?? [];
  }
}

function entry<Key, Value>(map: Map<Key, Set<Value>>, key: Key): Set<Value> {
  let values = map.get(key);
  if (values === undefined) {
    values = new Set();
    map.set(key, values);
  }
  return values;
}

function remove<Key, Value>(map: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const values = map.get(key);
  values?.delete(value);
  if (values?.size === 0) map.delete(key);
}
