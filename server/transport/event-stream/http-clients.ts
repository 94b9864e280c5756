import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { readEventId, type StreamAnswer } from '../../dialect/framings/event-stream.ts';
import type { Peers } from '../../peers/peers.ts';
import type { HttpRequest } from '../connection.ts';
import { ClientPlaces } from './client-places.ts';
import type { EventStream } from './event-stream.ts';
import type { EventStreams } from './event-streams.ts';
import { refusal } from './refusals.ts';
import { streamHandshake } from './stream-handshake.ts';

/** Who asks, and where: these together are one member of the room. */
export interface HttpClient {
  readonly request: HttpRequest;
  readonly roomId: string;
  /** Chosen by the client; undefined: nobody else shall speak for it. */
  readonly clientId: string | undefined;
  /** Of the token; undefined: a guest. */
  readonly userId: string | undefined;
  readonly token: string | undefined;
  /** As the client names itself. */
  readonly user: { readonly userId?: string; readonly name?: string };
}

export interface StreamWish {
  /** What it shall carry beside the scene. */
  readonly topics: readonly string[];
  /** Things whose cameras it shall carry. */
  readonly viewing: readonly string[];
  /** What the client got last. */
  readonly lastEventId: string | undefined;
}

interface Member {
  readonly stream: EventStream;
  readonly joined: Promise<StreamAnswer>;
  /** The last one that was handed in. */
  token: string | undefined;
  /** Without a stream: it only posts. */
  readonly isSilent: boolean;
  /** What it says that is not answered yet. */
  readonly saying: Set<Promise<StreamAnswer>>;
}

/**
 * Ties the streams and the posts of a client together: what a client posts is said by its stream's member. One
 * that has no stream becomes a member by its first post, and stays it as long as it posts.
 */
export class HttpClients {
  readonly #streams: EventStreams;
  readonly #members = new Map<string, Member>();
  /** The streams of each client that may keep a place: also such as broke off, or have not noticed that they did. */
  readonly #stays = new LRUCache<string, readonly string[]>({ max: MOST_STAYS });
  readonly #elsewhere: ClientPlaces | undefined;

  /** @param peers the other nodes, to which posts of a client may come; undefined: there are none */
  constructor(streams: EventStreams, peers: Peers | undefined) {
    this.#streams = streams;
    this.#elsewhere =
      peers &&
      new ClientPlaces(peers, {
        has: (key) => this.#members.has(key),
        say: (key, token, command) => this.#sayHere(key, token, command),
        leave: (key) => this.#leaveHere(key),
        yield: (key) => this.#yield(key),
      });
  }

  /** The stream, for a response, or the refusal of the join. */
  async open(client: HttpClient, wish: StreamWish): Promise<EventStream | StreamAnswer> {
    const { stream, joined } = this.#enter(client, wish);
    const { aborted } = client.request;
    const gone = () => stream.closed();
    aborted.addEventListener('abort', gone, { once: true });
    let answer = await joined;
    const { viewing: things } = wish;
    if (answer.ok && things.length > 0) answer = await heard(stream, { type: 'view', things });
    aborted.removeEventListener('abort', gone);
    if (answer.ok) return stream;
    stream.leave();
    return answer;
  }

  /** The answer to a command, from the node that has the client. Rejects with NodeUnreachable. */
  async post(client: HttpClient, command: object): Promise<StreamAnswer> {
    const { token } = client;
    const key = keyOf(client);
    const said =
      (await this.#sayHere(key, token, command)) ?? (await this.#elsewhere?.say(key, token, command));
    return said ?? this.#say(this.#members.get(key) ?? this.#enter(client), token, command);
  }

  /** Undefined: the client is not here, or not any more. */
  async #sayHere(key: string, token: string | undefined, command: object): Promise<StreamAnswer | undefined> {
    const member = this.#members.get(key);
    if (member === undefined) return undefined;
    const answer = await this.#say(member, token, command);
    if (answer.code !== 'NOT_JOINED' || !member.stream.isIdle) return answer;
    // It was taken out of the room, which nothing has told it: another join tells whether it may come back.
    member.stream.leave();
    return undefined;
  }

  #say(member: Member, token: string | undefined, command: object): Promise<StreamAnswer> {
    const { saying } = member;
    const said = this.#ask(member, token, command).finally(() => saying.delete(said));
    saying.add(said);
    return said;
  }

  async #ask(member: Member, token: string | undefined, command: object): Promise<StreamAnswer> {
    const { stream, joined, token: before } = member;
    const entered = await joined;
    if (!entered.ok) {
      stream.leave();
      return entered;
    }
    if (token !== undefined && token !== member.token) {
      member.token = token;
      const taken = await heard(stream, { type: 'auth', token });
      if (!taken.ok) {
        // The next post hands it in again.
        member.token = before;
        return taken;
      }
    }
    const answer = await stream.ask(command);
    if (answer !== undefined) return answer;
    // With an opId it is done once, however often it is tried.
    return 'opId' in command ? refusal('OVERLOADED') : { ...refusal('INTERNAL'), message: UNKNOWN };
  }

  /** Ends the stay of a client, which keeps no place. Rejects with NodeUnreachable. */
  async leave(client: HttpClient): Promise<void> {
    const key = keyOf(client);
    this.#leaveHere(key);
    await this.#elsewhere?.leave(key);
  }

  #leaveHere(key: string): void {
    for (const id of this.#stays.get(key) ?? []) this.#streams.leave(id);
    this.#stays.delete(key);
    // It may be noted no more, where there are very many.
    this.#members.get(key)?.stream.leave();
  }

  /** The latest stream speaks for its client; another that has not noticed yet that it broke ends by itself. */
  async #yield(key: string): Promise<void> {
    const member = this.#members.get(key);
    this.#members.delete(key);
    await giveWay(member);
  }

  /** Whoever was the client before makes room: its place passes on, with what it has selected. */
  async #take(key: string, before: Member | undefined): Promise<void> {
    await this.#elsewhere?.taken(key);
    await giveWay(before);
  }

  #enter(client: HttpClient, wish?: StreamWish): Member {
    const { request, roomId, clientId, token, user } = client;
    const key = keyOf(client);
    const handshake = streamHandshake(request, token, wish?.topics ?? 'none');
    const stream = this.#streams.open(handshake, (ended) => {
      if (this.#members.get(key)?.stream === ended) this.#members.delete(key);
    });
    const since = readEventId(wish?.lastEventId);
    const join = { type: 'join', roomId, scene: true, user, ...(since === undefined ? {} : { since }) };
    const isTaking = clientId !== undefined && wish !== undefined;
    const taken = isTaking ? this.#take(key, this.#members.get(key)) : Promise.resolve();
    const named = clientId === undefined ? join : { ...join, clientId: shownOf(clientId) };
    // What is posted meanwhile is said behind the join.
    const joined = taken.then(() => heard(stream, named));
    const member = {
      stream,
      joined,
      token,
      isSilent: wish === undefined,
      saying: new Set<Promise<StreamAnswer>>(),
    };
    if (clientId !== undefined && !stream.isEnded) {
      this.#members.set(key, member);
      // The place of one that broke off passes on with the join.
      const others = this.#stays.get(key)?.filter((id) => this.#streams.has(id)) ?? [];
      this.#stays.set(key, [...others, stream.id]);
    }
    return member;
  }
}

/** The answer to what means nothing any more once the stream has ended. */
async function heard(stream: EventStream, command: object): Promise<StreamAnswer> {
  return (await stream.ask(command)) ?? stream.refusal();
}

/** A member without a stream ends once its posts are answered. */
async function giveWay(member: Member | undefined): Promise<void> {
  if (!member?.isSilent) return;
  await Promise.allSettled(member.saying);
  member.stream.terminate();
}

/** What was under way may be done all the same; to be told to try again would have it done twice. */
const UNKNOWN =
  'The stream has ended before the answer; without an opId it is not known whether this was done.';

function keyOf({ roomId, clientId = '', userId, user }: HttpClient): string {
  // What a guest is called proves nothing, so it is never taken for a user of that id.
  const who = userId === undefined ? ['guest', user.userId ?? ''] : ['user', userId];
  return [roomId, clientId, ...who].join('\n');
}

/** What guests are called by: the same for the same client, and does not let others speak for it. */
function shownOf(clientId: string): string {
  return hash('sha256', clientId, 'base64url').slice(0, SHOWN_CHARACTERS);
}

const SHOWN_CHARACTERS = 16;
const MOST_STAYS = 10_000;
