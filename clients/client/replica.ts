import type { Delta, Manifest, Operation } from '../../protocol/index.ts';
import { type Reversal, rebase, reversalsOf } from './reversal.ts';
import { fold, type Item, SCENE, type Thing, thingOf } from './things.ts';

/** One operation, and what it takes to undo it. */
export interface Part {
  readonly operation: Operation;
  readonly thing: Thing;
  readonly reversals: Reversal[];
}

/** A command of one's own that is not part of the confirmed state yet. */
export interface Pending {
  readonly parts: readonly Part[];
  /** The version that it became; undefined before it is acknowledged. */
  version?: number;
}

/** A scene as one client sees it: what the server has confirmed, and on top of that what it has not yet. */
export class SceneReplica {
  /** Confirmed operations. */
  version = 0;
  readonly items = new Map<string, Item>();
  properties: Item = {};
  #pending: Pending[] = [];
  #confirmedItems = new Map<string, Item>();
  #confirmedProperties: Item = {};
  readonly #changed: (things: ReadonlySet<Thing>) => void;

  constructor(changed: (things: ReadonlySet<Thing>) => void) {
    this.#changed = changed;
  }

  itemOf = (thing: Thing): Item | undefined => (thing === SCENE ? this.properties : this.items.get(thing));

  /** Shows operations before they are confirmed. Whoever begins them tells of it, when they are on their way. */
  begin(operations: readonly Operation[]): Pending {
    const parts = operations.map((operation): Part => {
      const thing = thingOf(operation);
      const item = this.itemOf(thing);
      this.#show(thing, fold(item, operation));
      return { operation, thing, reversals: reversalsOf(thing, item, operation) };
    });
    const pending: Pending = { parts };
    this.#pending.push(pending);
    return pending;
  }

  /** They were accepted, and stay on top until the delta with them has come. */
  accepted(all: readonly Pending[], version: number): void {
    for (const pending of all) pending.version = version;
    this.#settle(new Set());
  }

  refused(all: readonly Pending[]): void {
    const gone = new Set(all);
    this.#pending = this.#pending.filter((one) => !gone.has(one));
    this.#rebuild(thingsOf(all));
  }

  /** False: it does not begin where this ends. */
  delta({ fromVersion, toVersion, operations }: Delta): boolean {
    if (toVersion <= this.version) return true;
    if (fromVersion !== this.version) return false;
    this.version = toVersion;
    const touched = new Set<Thing>();
    for (const operation of operations) {
      const thing = thingOf(operation);
      touched.add(thing);
      this.#confirm(thing, fold(this.#confirmed(thing), operation));
    }
    this.#settle(touched);
    return true;
  }

  /** @param isAnew another life of the room: nothing that was accepted before is ahead of it */
  state(version: number, { items, properties }: Manifest, isAnew: boolean): void {
    const touched = new Set<Thing>([SCENE, ...this.items.keys(), ...Object.keys(items)]);
    this.version = version;
    this.#confirmedItems = new Map(Object.entries(items));
    this.#confirmedProperties = properties;
    if (isAnew) this.#pending = this.#pending.filter((one) => one.version === undefined);
    this.#settle(touched);
  }

  /** What is accepted and confirmed needs not lie on top any more. */
  #settle(touched: Set<Thing>): void {
    const isDone = ({ version }: Pending) => version !== undefined && version <= this.version;
    const done = this.#pending.filter(isDone);
    this.#pending = this.#pending.filter((one) => !isDone(one));
    for (const thing of thingsOf(done)) touched.add(thing);
    this.#rebuild(touched);
  }

  #rebuild(things: ReadonlySet<Thing>): void {
    const shown = new Map<Thing, Item | undefined>();
    for (const thing of things) shown.set(thing, this.#confirmed(thing));
    for (const { parts } of this.#pending) {
      for (const { thing, operation, reversals } of parts) {
        if (!shown.has(thing)) continue;
        const item = shown.get(thing);
        rebase(reversals, thing, item, operation);
        shown.set(thing, fold(item, operation));
      }
    }
    for (const [thing, item] of shown) this.#show(thing, item);
    this.#changed(things);
  }

  #confirmed(thing: Thing): Item | undefined {
    return thing === SCENE ? this.#confirmedProperties : this.#confirmedItems.get(thing);
  }

  #confirm(thing: Thing, item: Item | undefined): void {
    if (thing === SCENE) this.#confirmedProperties = item ?? {};
    else put(this.#confirmedItems, thing, item);
  }

  #show(thing: Thing, item: Item | undefined): void {
    if (thing === SCENE) this.properties = item ?? {};
    else put(this.items, thing, item);
  }
}

function put(items: Map<string, Item>, id: string, item: Item | undefined): void {
  if (item === undefined) items.delete(id);
  else items.set(id, item);
}

export function thingsOf(all: readonly Pending[]): Set<Thing> {
  return new Set(all.flatMap(({ parts }) => parts.map(({ thing }) => thing)));
}
