import type { Route } from '../../protocol/http/index.ts';
import { Refusal } from '../../protocol/index.ts';
import { credentialOf } from '../dispatch/credentials.ts';
import type { Authorize, Principal, VerifyToken } from '../dispatch/principal.ts';
import { type Bucket, createBucket, type Rate, take } from '../dispatch/rate-limit.ts';
import type { HttpRequest } from '../transport/connection.ts';

export interface EntranceOptions {
  verifyToken: VerifyToken;
  authorize: Authorize;
  /** Whether those without a token are guests, where a row is for every user. */
  guests: boolean;
  /** Whose pages may use the cookie. */
  allowedOrigins: readonly string[];
  /** For each user of a token, and for each address without a valid one. */
  rate: Rate;
  monotonic(): number;
}

/** Who may call what, and how often. */
export interface Entrance {
  /**
   * The token that a request came with; undefined: it is a guest's. Throws UNAUTHENTICATED, FORBIDDEN,
   * RATE_LIMITED.
   */
  tokenOf(route: Route, request: HttpRequest): string | undefined;
  /** Who that is. Rejects with the Refusals of a token, FORBIDDEN where the scope is another, RATE_LIMITED. */
  admit(route: Route, request: HttpRequest, token: string | undefined): Promise<Principal>;
  /** Rejects with the Refusals of a token, as it is by now, and counts nothing. */
  checkAgain(token: string | undefined): Promise<void>;
  /** Rejects with FORBIDDEN where the room is shut for the caller. */
  checkRoom(route: Route, principal: Principal, params: Readonly<Record<string, string>>): Promise<void>;
}

/** Those who were heard last; whoever is forgotten begins with a full bucket. */
const MOST_BUCKETS = 10_000;

export function createEntrance(options: EntranceOptions): Entrance {
  const { verifyToken, authorize, guests, allowedOrigins, rate, monotonic } = options;
  const buckets = new Map<string, Bucket>();

  function count(key: string): void {
    const nowMs = monotonic();
    const bucket = buckets.get(key) ?? createBucket(rate, nowMs);
    // A Map keeps the order of insertion: whoever is heard is moved to its end.
    buckets.delete(key);
    buckets.set(key, bucket);
    const [oldest] = buckets.keys();
    if (buckets.size > MOST_BUCKETS && oldest !== undefined) buckets.delete(oldest);
    const retryAfterMs = take(bucket, 1, nowMs);
    if (retryAfterMs > 0) throw new Refusal('RATE_LIMITED', { retryAfterMs });
  }

  const countAddress = ({ address }: HttpRequest) => count(`address ${address}`);

  return {
    tokenOf({ scope }, request) {
      if (scope === undefined) return undefined;
      const { authorization, cookie, origin, host } = request.headers;
      // Backends have a header: no page can be made to send that, and no proxy writes it to its log.
      const fetchSite = request.headers['sec-fetch-site'];
      const source = { query: scope === 'user' ? request.query : '', authorization, origin, host, fetchSite };
      const credential = credentialOf(
        { ...source, cookie: scope === 'user' ? cookie : undefined },
        { cookieName: 'token', allowedOrigins },
      );
      if (credential !== undefined && 'token' in credential) return credential.token;
      countAddress(request);
      if (credential !== undefined) throw new Refusal('FORBIDDEN', {}, COOKIE_REFUSED);
      if (scope === 'user' && guests) return undefined;
      throw new Refusal('UNAUTHENTICATED', {}, TOKEN_NEEDED);
    },
    async admit({ scope }, request, token) {
      if (token === undefined) return { kind: 'guest', userId: undefined };
      let user: Awaited<ReturnType<VerifyToken>>;
      try {
        user = await verifyToken(token);
      } catch (error) {
        // Whoever tries tokens is slowed down.
        countAddress(request);
        throw error;
      }
      count(`user ${user.userId}`);
      if (scope === 'user') return user;
      const isAdmin = user.role === 'admin' || user.scope.includes('admin');
      if (isAdmin || (scope === 'publish' && user.scope.includes('publish'))) return user;
      throw new Refusal('FORBIDDEN', {}, `The token needs the scope \`${scope}\`.`);
    },
    async checkAgain(token) {
      if (token !== undefined) await verifyToken(token);
    },
    async checkRoom({ scope, room }, principal, params) {
      // Whether a user may join is found out where that is done.
      if (room === undefined || scope === undefined || scope === 'user') return;
      const roomId = room(params);
      if (await authorize(principal, scope, roomId)) return;
      throw new Refusal('FORBIDDEN', {}, 'The token does not open this room.');
    },
  };
}

const COOKIE_REFUSED = 'Cookies are not accepted from this origin.';
const TOKEN_NEEDED = 'A token is needed: `Authorization: Bearer …`.';
