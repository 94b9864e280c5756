import { LRUCache } from 'lru-cache';
import type { StreamAnswer } from '../../dialect/framings/event-stream.ts';
import type { Peers } from '../../peers/peers.ts';

/** What a node does for a client of HTTP whose requests came to another. */
export interface ClientsHere {
  has(key: string): boolean;
  /** Undefined: the client is not here. */
  say(key: string, token: string | undefined, command: object): Promise<StreamAnswer | undefined>;
  leave(key: string): void;
  /** The client has a stream at another node now. */
  yield(key: string): Promise<void>;
}

type Question =
  | { readonly do: 'find' | 'leave' | 'yield' }
  | { readonly do: 'say'; readonly token?: string | undefined; readonly command: object };

const SUBJECT = 'client';
/** What is not found by then is taken to be nowhere. */
const FIND_MS = 1000;
/** A command waits for the log. */
const SAY_MS = 30_000;
const MOST_PLACES = 10_000;

/**
 * At which other nodes clients of HTTP are. Their ids are their own choice, so nothing tells it: the others are asked,
 * once, when a client posts that is not here; where nobody has it, it is from then on at the node that has asked.
 */
export class ClientPlaces {
  readonly #peers: Peers;
  readonly #places = new LRUCache<string, string>({ max: MOST_PLACES });
  /** Those that this node looks for, and will have where nobody else does. */
  readonly #finding = new Map<string, Promise<string | undefined>>();

  constructor(peers: Peers, here: ClientsHere) {
    this.#peers = peers;
    peers.serve(SUBJECT, {
      answer: async (body, { from }) => {
        const [key, question] = JSON.parse(body.toString()) as [string, Question];
        return JSON.stringify((await this.#answer(here, from, key, question)) ?? null);
      },
    });
  }

  /** Undefined: the client is nowhere else. Rejects with NodeUnreachable. */
  async say(key: string, token: string | undefined, command: object): Promise<StreamAnswer | undefined> {
    for (;;) {
      const node = this.#known(key) ?? (await this.#find(key));
      if (node === undefined) return undefined;
      const answer = await this.#ask<StreamAnswer>(node, key, { do: 'say', token, command }, SAY_MS);
      if (answer !== null) return answer;
      this.#places.delete(key);
    }
  }

  /** Wherever it was: also where its stream broke off. Rejects with NodeUnreachable. */
  async leave(key: string): Promise<void> {
    const known = this.#known(key);
    const told = [...this.#peers.others()].map((node) =>
      this.#ask(node, key, { do: 'leave' }, FIND_MS).catch((error: unknown) => {
        // Of the others it is not known that it ever was there.
        if (node === known) throw error;
      }),
    );
    await Promise.all(told);
  }

  /** The client has come here: where it was before, if that is known, it makes room. */
  async taken(key: string): Promise<void> {
    const node = this.#known(key);
    if (node === undefined) return;
    this.#places.delete(key);
    await this.#ask(node, key, { do: 'yield' }, FIND_MS).catch(() => {});
  }

  #known(key: string): string | undefined {
    const node = this.#places.get(key);
    return node !== undefined && this.#peers.others().has(node) ? node : undefined;
  }

  #find(key: string): Promise<string | undefined> {
    const found = this.#finding.get(key) ?? this.#findAnew(key).finally(() => this.#finding.delete(key));
    this.#finding.set(key, found);
    return found;
  }

  async #findAnew(key: string): Promise<string | undefined> {
    const asked = [...this.#peers.others()].map(async (node) => {
      if (!(await this.#ask<boolean>(node, key, { do: 'find' }, FIND_MS))) throw new Error('not there');
      return node;
    });
    const node = await Promise.any(asked).catch(() => undefined);
    if (node !== undefined) this.#places.set(key, node);
    // It may have come to another node meanwhile.
    return node ?? this.#known(key);
  }

  async #answer(here: ClientsHere, from: string, key: string, question: Question): Promise<unknown> {
    switch (question.do) {
      case 'find':
        if (here.has(key)) return true;
        // Of nodes that look for it at once one has it.
        if (this.#finding.has(key) && this.#peers.nodeId < from) return true;
        // Who asks will have it.
        this.#places.set(key, from);
        return false;
      case 'say':
        return here.say(key, question.token, question.command);
      case 'leave':
        return here.leave(key);
      case 'yield':
        this.#places.set(key, from);
        return here.yield(key);
    }
  }

  async #ask<T>(node: string, key: string, question: Question, withinMs: number): Promise<T | null> {
    const body = JSON.stringify([key, question]);
    const { answer } = this.#peers.ask(node, { subject: SUBJECT, body, withinMs });
    return JSON.parse((await answer).toString()) as T | null;
  }
}
