import { createHash } from 'node:crypto';
import type { Message } from '../../support/wire.ts';

/** What a command was answered with, in the words that do not depend on who asks. */
export interface Answered {
  readonly ref: string;
  readonly opId: string | undefined;
  readonly answer: Answer;
}

export interface Answer {
  readonly type: string;
  readonly version?: number;
  readonly code?: string;
  readonly lockedBy?: string;
}

/** What one client was shown of one room, to be compared with the log. */
export class Seen {
  readonly client: string;
  readonly userId: string;
  /** What it knew of the scene at each version at which it stood. */
  readonly scenes = new Map<number, string>();
  /** Of each document at each version. */
  readonly texts = new Map<string, string>();
  readonly selections: string[] = [];
  readonly presences: string[] = [];
  readonly answers: Answered[] = [];
  /** What no client may ever see. */
  readonly faults: string[] = [];

  constructor(client: string, userId: string) {
    this.client = client;
    this.userId = userId;
  }

  fault(what: string): void {
    this.faults.push(`${this.client}: ${what}`);
  }

  scene(version: number, manifest: unknown): void {
    this.#once(this.scenes, version, digestOf(manifest), `the scene at version ${version}`);
  }

  text(documentId: string, version: number, text: string): void {
    if (version > 0) this.#once(this.texts, `${documentId} ${version}`, text, `${documentId} at ${version}`);
  }

  selection(selected: unknown): void {
    this.selections.push(canonical(selected));
  }

  presence(users: readonly Message[]): void {
    this.presences.push(presenceOf(users.map(({ userId, connections }) => [userId, connections])));
  }

  #once<Key>(known: Map<Key, string>, key: Key, value: string, what: string): void {
    const before = known.get(key);
    if (before !== undefined && before !== value) this.fault(`${what} was ${before}, then ${value}`);
    known.set(key, value);
  }
}

/** Who is there, each with how many connections. */
export function presenceOf(users: readonly (readonly [userId: string, connections: number])[]): string {
  return canonical(Object.fromEntries(users));
}

export function digestOf(value: unknown): string {
  return createHash('md5').update(canonical(value)).digest('base64url');
}

/** The same text for the same value, in whatever order its properties came. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one) =>
    one === null || typeof one !== 'object' || Array.isArray(one)
      ? one
      : Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
}

export function answerOf({ type, version, code, lockedBy }: Message): Answer {
  return {
    type,
    ...(version === undefined || code !== undefined ? {} : { version }),
    ...(code === undefined ? {} : { code }),
    ...(lockedBy === undefined ? {} : { lockedBy }),
  };
}
