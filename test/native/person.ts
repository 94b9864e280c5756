import type { Test } from 'tap';
import { startWired, TEST_SECRET, type WiredServer } from '../support/servers.ts';
import { sign } from '../support/tokens.ts';
import type { Message, WireClient } from '../support/wire.ts';

/** A connection on the in-memory wire that remembers what it heard and can ask. */
export interface Person {
  readonly wire: WireClient;
  /** Everything that arrived, oldest first. */
  heard(): Message[];
  /** What arrived since the last look. */
  look(): Message[];
  send(message: unknown): void;
  /** What answers a command that is sent with a ref of its own. */
  ask(command: Message): Promise<Message>;
  /** The same, two ticks from now. */
  news(): Promise<Message[]>;
  /** Joins a room; returns the ack, or the refusal. */
  join(roomId: string, userId: string | undefined, more?: Message): Promise<Message>;
}

export interface Stage extends WiredServer {
  person(handshake?: Parameters<WiredServer['connect']>[0]): Person;
  /** Somebody who has joined and has read what came with it. */
  member(userId: string, roomId?: string, handshake?: Parameters<WiredServer['connect']>[0]): Promise<Person>;
  /** Resolves once it is true, without time passing. */
  until<T>(found: () => T | undefined, what: string): Promise<T>;
}

/** Rates that no test exceeds unless it means to. */
const generous = { RATE_LIMIT: '1000000/1s', STREAM_LIMIT: '500000/1s' };
const TICK_MS = 16;
let refs = 0;

/** A server on the in-memory wire whose clock stands; ends with the test. */
export async function stage(
  t: Test,
  env: Record<string, string> = {},
  parts: Parameters<typeof startWired>[1] = {},
): Promise<Stage> {
  const wired = await startWired({ ...generous, ...env }, parts);
  t.teardown(() => wired.server.close());

  async function until<T>(found: () => T | undefined, what: string): Promise<T> {
    // Only so that a test that fails ends: what is waited for takes milliseconds.
    for (const begun = performance.now(); performance.now() - begun < 20_000; ) {
      const result = found();
      if (result !== undefined && result !== false) return result;
      await wired.settle();
    }
    throw new Error(`never came: ${what}`);
  }

  function person(handshake: Parameters<WiredServer['connect']>[0] = {}): Person {
    const wire = wired.connect(handshake);
    const all: Message[] = [];
    let read = 0;
    const heard = () => {
      all.push(...wire.take());
      return all;
    };
    const self: Person = {
      wire,
      heard,
      send: (message) => wire.send(message),
      async ask(command) {
        refs += 1;
        const ref = `ref-${refs}`;
        // A token is verified in another thread, which takes no time and any number of turns.
        await until(() => heard().length > 0 || undefined, 'welcome');
        wire.send({ ...command, ref });
        const answer = () => heard().find((one) => one.ref === ref);
        // Signatures are checked in other threads, which may take any number of turns and no time.
        if (command.type === 'auth') return until(answer, 'the answer to auth');
        for (let turn = 0; turn < 10; turn++) {
          await wired.settle();
          const found = answer();
          if (found !== undefined) return found;
          wired.clock.advance(TICK_MS);
        }
        throw new Error(`no answer to ${JSON.stringify(command)}`);
      },
      look() {
        const fresh = heard().slice(read);
        read = all.length;
        return fresh;
      },
      async news() {
        await wired.settle();
        await wired.pass(2 * TICK_MS);
        return self.look();
      },
      join: (roomId, userId, more = {}) =>
        self.ask({ type: 'join', roomId, ...(userId === undefined ? {} : { user: { userId } }), ...more }),
    };
    return self;
  }

  return {
    ...wired,
    until,
    person,
    async member(userId, roomId = 'room', handshake = {}) {
      const one = person(handshake);
      await until(() => one.heard().length > 0 || undefined, 'welcome');
      const answer = await one.join(roomId, userId);
      if (answer.type !== 'ack') throw new Error(JSON.stringify(answer));
      await one.news();
      return one;
    },
  };
}

/** Of the server's own key unless another is given. */
export function token(claims: Record<string, unknown>, secret: string = TEST_SECRET): Promise<string> {
  return sign(claims, 'HS256', new TextEncoder().encode(secret));
}

export async function bearer(claims: Record<string, unknown>): Promise<{ authorization: string }> {
  return { authorization: `Bearer ${await token(claims)}` };
}

export function ofType(messages: readonly Message[], type: string): Message[] {
  return messages.filter((one) => one.type === type);
}

/** The types of messages, in their order. */
export function types(messages: readonly Message[]): string[] {
  return messages.map((one) => one.type);
}

/** The users of the latest presence among the messages. */
export function present(messages: readonly Message[]): string[] | undefined {
  return ofType(messages, 'presence')
    .at(-1)
    ?.users.map((user: Message) => user.userId);
}

/** What is selected as of the latest `selection_state` among the messages. */
export function selected(messages: readonly Message[]): Record<string, string[]> | undefined {
  return ofType(messages, 'selection_state').at(-1)?.selected;
}

export function add(id: string, data: Message = {}): Message {
  return { type: 'sceneOperation', operation: { type: 'add', target: 'item', id, data } };
}

export function update(id: string, data: Message, more: Message = {}): Message {
  return { type: 'sceneOperation', operation: { type: 'update', target: 'item', id, data }, ...more };
}

export function remove(id: string): Message {
  return { type: 'sceneOperation', operation: { type: 'remove', target: 'item', id } };
}
