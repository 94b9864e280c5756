import type { Message } from '../support/wire.ts';
import type { ModelClient } from './model-client.ts';
import { atRate } from './pace.ts';

/** Of one room, by all clients together. */
export const OPERATIONS_PER_SECOND = 2000;
export const DOCUMENT = 'notes';
const OPERATIONS_PER_COMMAND = 2;
const MAX_OUTSTANDING = 200;
const TEXTS_PER_SECOND = 1.5;
const MESSAGES_PER_SECOND = 1;

/** One acknowledged command. */
export interface Acknowledged {
  readonly command: Message;
  readonly answer: Message;
}

/** What was acknowledged, and what anybody saw. */
export interface Ledger {
  readonly scene: Map<string, Acknowledged>;
  /** Characters, each of which was inserted by one command. */
  readonly characters: Set<string>;
  /** The next character that nobody has used. */
  nextCharacter: number;
  readonly chats: Set<string>;
  /** Items that any client was shown, ever. */
  readonly seen: Set<string>;
  /** Chat messages that any client was shown, by id. */
  readonly seenMessages: Map<string, string>;
}

export function newLedger(): Ledger {
  return {
    scene: new Map(),
    characters: new Set(),
    // From the first plane whose characters are two code units each, and none of them half of one. [TX1]
    nextCharacter: 0x10000,
    chats: new Set(),
    seen: new Set(),
    seenMessages: new Map(),
  };
}

/** Notes what a client is shown. */
export function watchInto(ledger: Ledger, message: Message): void {
  if (message.type === 'sceneDelta') {
    for (const { type, id } of message.operations) if (type === 'add') ledger.seen.add(id);
  } else if (message.type === 'sceneState') {
    for (const id of Object.keys(message.manifest.items)) ledger.seen.add(id);
  } else if (message.type === 'message') ledger.seenMessages.set(message.id, message.text);
}

/**
 * A client's share of the load, whether the server is there or not. Every scene command adds an item of its
 * own and counts in a property of its own, so that the room's version tells how many were applied.
 *
 * @returns what stops it
 */
export function load(client: ModelClient, ledger: Ledger, clients: number, random: () => number): () => void {
  let count = 0;
  const name = () => {
    count += 1;
    return `${client.userId}-${count}`;
  };

  function scene(): boolean {
    if (client.outbox.size >= MAX_OUTSTANDING) return false;
    const id = name();
    const operations = [
      { type: 'add', target: 'item', id, data: { by: client.userId, n: count } },
      { type: 'update', target: 'scene', data: { [`count-${client.userId}`]: count } },
    ];
    const command = { type: 'sceneOperation', operations };
    client.submit(command).then((answer) => {
      if (answer.type === 'ack') ledger.scene.set(id, { command: { ...command, opId: answer.opId }, answer });
    });
    return true;
  }

  function text(): boolean {
    const document = client.room.text(DOCUMENT);
    if (document.pending !== undefined || !client.joined) return false;
    const character = String.fromCodePoint(ledger.nextCharacter);
    ledger.nextCharacter += 1;
    const position = Math.floor(random() * ([...document.text].length + 1));
    const inserted = client.insert(DOCUMENT, position, character);
    inserted.then((answer) => answer.type === 'ack' && ledger.characters.add(character));
    return true;
  }

  function chat(): boolean {
    if (client.outbox.size >= MAX_OUTSTANDING) return false;
    const words = name();
    const said = client.submit({ type: 'message', text: words });
    said.then((answer) => answer.type === 'ack' && ledger.chats.add(words));
    return true;
  }

  const stops = [
    atRate(OPERATIONS_PER_SECOND / OPERATIONS_PER_COMMAND / clients, scene),
    atRate(TEXTS_PER_SECOND, text),
    atRate(MESSAGES_PER_SECOND, chat),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
