import type {
  Present as Known,
  Logged,
  RoomDetail,
  RoomList,
  RoomSummary,
} from '../../../protocol/http/index.ts';
import { type Sample, samplesIn } from './metrics.ts';

export type { Logged, RoomDetail, RoomSummary };
/** With whatever the application says of its users. */
export type Present = Known & Readonly<Record<string, unknown>>;

/** A server may go silent, or what lies between. */
const ANSWER_WITHIN_MS = 10_000;

/** Why the server refuses; `status` 0: it cannot be reached. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What operators may ask of a server. Everything rejects with a Refused. */
export class Api {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /**
   * Those in which somebody is: the first thousand and, where there are more, the first of those whose ids begin with
   * `wanted`.
   */
  async rooms(wanted: string): Promise<{ rooms: RoomSummary[]; hasMore: boolean }> {
    const path = '/api/rooms?limit=1000';
    const { rooms, next } = await this.#json<RoomList>(path);
    if (next === undefined || wanted === '') return { rooms, hasMore: next !== undefined };
    const found = (await this.#json<RoomList>(`${path}&prefix=${encodeURIComponent(wanted)}`)).rooms;
    const known = new Set(rooms.map(({ roomId }) => roomId));
    return { rooms: [...rooms, ...found.filter(({ roomId }) => !known.has(roomId))], hasMore: true };
  }

  room(roomId: string): Promise<RoomDetail> {
    return this.#json(`/api/rooms/${encodeURIComponent(roomId)}`);
  }

  /** The latest entries, the oldest first. */
  async log(roomId: string): Promise<Logged[]> {
    const path = `/api/rooms/${encodeURIComponent(roomId)}/log?limit=60`;
    return (await this.#json<{ entries: Logged[] }>(path)).entries;
  }

  /** Resolves with how many connections were ended. */
  async kick(userId: string): Promise<number> {
    const path = `/api/users/${encodeURIComponent(userId)}/disconnect`;
    return (await this.#json<{ disconnected: number }>(path, 'POST')).disconnected;
  }

  async metrics(): Promise<Sample[]> {
    return samplesIn(await this.#ask('/metrics'));
  }

  async #json<T>(path: string, method?: string): Promise<T> {
    return JSON.parse(await this.#ask(path, method));
  }

  async #ask(path: string, method = 'GET'): Promise<string> {
    let response: Response;
    let body: string;
    try {
      const headers = { authorization: `Bearer ${this.#token}` };
      const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
      response = await fetch(path, { method, headers, credentials: 'omit', cache: 'no-store', signal });
      body = await response.text();
    } catch {
      throw new Refused(0, 'The server cannot be reached.');
    }
    if (response.ok) return body;
    throw new Refused(response.status, messageIn(body) ?? `The server answers with ${response.status}.`);
  }
}

/** What lies between answers in its own way. */
function messageIn(body: string): string | undefined {
  try {
    return JSON.parse(body).message;
  } catch {
    return undefined;
  }
}
