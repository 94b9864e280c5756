import type { Delta, JsonObject, Manifest, Operation } from '../../protocol/index.ts';
import { TandemError } from './error.ts';
import { Events } from './events.ts';
import { History, push, type Step } from './history.ts';
import type { Ack } from './outbox.ts';
import { type Pending, SceneReplica, thingsOf } from './replica.ts';
import { operationsAgainst } from './reversal.ts';
import type { ApplyOptions, HistoryState, SceneEvents, SceneSnapshot } from './scene-types.ts';
import { slices } from './slices.ts';
import { type Item, SCENE, type Thing } from './things.ts';

type Submit = (command: Readonly<Record<string, unknown>>) => Promise<Ack>;

/** Times an undo is tried anew, where somebody else was quicker. */
const UNDO_TRIES = 5;

/**
 * The scene of the room. Operations show at once, and are taken back where they are refused. Items are never
 * changed in place: what is the same object has the same content.
 */
export class Scene extends Events<SceneEvents> {
  readonly #replica = new SceneReplica((things) => this.#changed(things));
  readonly #history = new History();
  readonly #submit: Submit;
  readonly #answers = new WeakMap<Promise<Ack>, { all: Pending[]; settled: Promise<Ack> }>();
  readonly #awaited = new Map<() => void, number>();
  #isOver = false;
  #snapshot: SceneSnapshot | undefined;
  #historyState: HistoryState = { canUndo: false, canRedo: false };

  constructor(submit: Submit) {
    super();
    this.#submit = submit;
  }

  /** By id, with what is not confirmed yet. */
  get items(): ReadonlyMap<string, Item> {
    return this.#replica.items;
  }

  get properties(): Item {
    return this.#replica.properties;
  }

  /** Operations that the server has confirmed. */
  get version(): number {
    return this.#replica.version;
  }

  /** The scene as it is now: the same object until it changes. */
  get snapshot(): SceneSnapshot {
    const { version, properties } = this;
    this.#snapshot ??= { version, properties, items: new Map(this.items) };
    return this.#snapshot;
  }

  add(id: string, data: JsonObject = {}): Promise<Ack> {
    return this.apply([{ type: 'add', target: 'item', id, data }]);
  }

  /** Sets single properties; the others stay. */
  update(id: string, data: JsonObject, options?: ApplyOptions): Promise<Ack> {
    return this.apply([{ type: 'update', target: 'item', id, data }], options);
  }

  remove(id: string): Promise<Ack> {
    return this.apply([{ type: 'remove', target: 'item', id }]);
  }

  /** Sets properties of the scene itself. */
  set(data: JsonObject, options?: ApplyOptions): Promise<Ack> {
    return this.apply([{ type: 'update', target: 'scene', data }], options);
  }

  /** 1 to 100 operations: all or none. Resolves when they are durable; rejects with the reason. */
  apply(operations: readonly Operation[], { undoable = true, ...options }: ApplyOptions = {}): Promise<Ack> {
    const pending = this.#replica.begin(structuredClone(operations) as Operation[]);
    if (undoable) this.#history.did(pending.parts);
    const answer = this.#send(pending, options);
    this.#historyChanged();
    return answer;
  }

  /** The same object until it changes. */
  get history(): HistoryState {
    return this.#historyState;
  }

  /** Operations of an earlier client, which are on their way. @internal */
  adopt(operations: readonly Operation[], answer: Promise<Ack>): void {
    this.#settled(this.#replica.begin(operations), answer).catch(() => {});
  }

  get canUndo(): boolean {
    return this.#history.undoable.length > 0;
  }

  get canRedo(): boolean {
    return this.#history.redoable.length > 0;
  }

  /**
   * All that is done until the returned function is called is undone as one: a drag, say. It must be called, however
   * the drag ends; an undo and a redo end all groups, too. Groups may be nested: those within are part of the first.
   */
  group(): () => void {
    return this.#history.group();
  }

  /**
   * Takes back the latest of one's own steps, but for what somebody else has changed since. Resolves with false
   * where there is nothing to take back; rejects where that is refused, and can be tried again, but for what no
   * message can hold: that step is gone.
   */
  undo(): Promise<boolean> {
    return this.#revert(this.#history.undoable, this.#history.redoable);
  }

  /** Takes back the latest undo, in the same way. */
  redo(): Promise<boolean> {
    return this.#revert(this.#history.redoable, this.#history.undoable);
  }

  async #revert(from: Step[], to: Step[]): Promise<boolean> {
    this.#history.endGroups();
    for (let step = from.pop(); step !== undefined; step = from.pop()) {
      try {
        if (await this.#revertStep(step, to)) return true;
      } catch (error) {
        // What refused it may pass, but for its size.
        if ((error as TandemError).code !== 'MESSAGE_TOO_LARGE') push(from, step);
        this.#historyChanged();
        throw error;
      }
    }
    return false;
  }

  async #revertStep({ parts }: Step, to: Step[]): Promise<boolean> {
    const reversals = parts.flatMap((part) => part.reversals);
    const step: Step = { parts: [] };
    for (let tries = 1; ; tries++) {
      const passing = tries < UNDO_TRIES ? 'VERSION_CONFLICT' : undefined;
      const operations = operationsAgainst(reversals, this.#replica.itemOf);
      const answers = slices(operations).map((slice) => {
        const pending = this.#replica.begin(slice);
        push(to, step, pending.parts);
        // Who changes the same in this moment wins.
        return this.#send(pending, { version: this.version }, passing);
      });
      this.#historyChanged();
      let conflict = -1;
      for (const one of await Promise.allSettled(answers)) {
        if (one.status === 'fulfilled') continue;
        const { code, details } = one.reason as TandemError;
        if (code !== passing) throw one.reason;
        conflict = details.version ?? 0;
      }
      if (conflict < 0) return step.parts.length > 0;
      await this.#reached(conflict);
    }
  }

  /** @param passing a refusal that nobody is told of, as it is tried again */
  #send(pending: Pending, options: { version?: number }, passing?: string): Promise<Ack> {
    const operations = pending.parts.map(({ operation }) => operation);
    this.#snapshot = undefined;
    const answer = this.#submit({ type: 'sceneOperation', operations, ...options });
    return this.#settled(pending, answer, passing);
  }

  /** Steps of a drag that became one command have one answer, and are settled at once. */
  #settled(pending: Pending, answer: Promise<Ack>, passing?: string): Promise<Ack> {
    let known = this.#answers.get(answer);
    if (known === undefined) {
      const all: Pending[] = [];
      known = { all, settled: this.#settle(all, answer, passing) };
      this.#answers.set(answer, known);
    }
    known.all.push(pending);
    // Not before it is on its way: what a listener does about it comes after it.
    this.#changed(thingsOf([pending]));
    return known.settled;
  }

  async #settle(all: readonly Pending[], answer: Promise<Ack>, passing?: string): Promise<Ack> {
    try {
      const ack = await answer;
      this.#replica.accepted(all, ack.version ?? 0);
      return ack;
    } catch (error) {
      this.#replica.refused(all);
      const parts = all.flatMap((one) => one.parts);
      this.#history.forget(parts);
      this.#historyChanged();
      const operations = parts.map(({ operation }) => operation);
      if (error instanceof TandemError && error.code !== passing) this.emit('refused', { operations, error });
      throw error;
    }
  }

  #reached(version: number): Promise<void> {
    return new Promise((reached) => {
      this.#awaited.set(reached, version);
      this.#release();
    });
  }

  /** @param isAnew no version that anybody waits for comes any more */
  #release(isAnew = this.#isOver): void {
    for (const [reached, version] of this.#awaited) {
      if ((isAnew || version <= this.version) && this.#awaited.delete(reached)) reached();
    }
  }

  /** The room has ended. @internal */
  end(): void {
    this.#isOver = true;
    this.#release();
  }

  /** False: it does not begin where this ends. @internal */
  delta(delta: Delta): boolean {
    return this.#replica.delta(delta);
  }

  /** @internal */
  state(version: number, manifest: Manifest, isAnew: boolean): void {
    this.#replica.state(version, manifest, isAnew);
    if (isAnew) this.#release(true);
  }

  #historyChanged(): void {
    const { canUndo, canRedo } = this;
    const known = this.#historyState;
    if (canUndo === known.canUndo && canRedo === known.canRedo) return;
    this.#historyState = { canUndo, canRedo };
    this.emit('history', this.#historyState);
  }

  #changed(things: ReadonlySet<Thing>): void {
    if (things.size > 0 || this.#snapshot?.version !== this.version) this.#snapshot = undefined;
    this.#release();
    const items = [...things].filter((thing) => thing !== SCENE);
    if (things.size > 0) this.emit('change', { items, properties: things.has(SCENE) });
  }
}
