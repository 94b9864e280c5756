/** What a credential may be read from: the opening request of a connection, or any HTTP request. */
export interface CredentialSource {
  /** The raw query string, without `?`. */
  readonly query: string;
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  readonly origin: string | undefined;
  /** The Host header; without it no origin counts as the same. */
  readonly host?: string | undefined;
  /** What browsers say of where a request comes from (`Sec-Fetch-Site`); others say nothing. */
  readonly fetchSite?: string | undefined;
  /** Handed in with the request to be let in (Socket.IO's `auth.token`). */
  readonly token?: string | undefined;
}

export interface CredentialOptions {
  readonly cookieName: string;
  /** Origins whose pages may use the cookie. `*` is not one of them: it admits no cookie. */
  readonly allowedOrigins: readonly string[];
}

export type Credential =
  | { readonly token: string; readonly source: 'handed in' | 'header' | 'query' | 'cookie' }
  | { readonly refused: 'ORIGIN_REFUSED' };

/**
 * The token of a request: one that was handed in, else from `Authorization: Bearer`, else the query parameter `token`, else the cookie.
 * Browsers attach cookies to requests of any page (cross-site WebSocket hijacking), so the cookie counts
 * only from an allowed origin or the server's own. `undefined`: there is none.
 */
export function credentialOf(source: CredentialSource, options: CredentialOptions): Credential | undefined {
  if (source.token) return { token: source.token, source: 'handed in' };
  const bearer = bearerToken(source.authorization);
  if (bearer) return { token: bearer, source: 'header' };
  const query = new URLSearchParams(source.query).get('token');
  if (query) return { token: query, source: 'query' };
  const cookie = cookieValue(source.cookie, options.cookieName);
  if (!cookie) return undefined;
  if (!isTrusted(source, options.allowedOrigins)) return { refused: 'ORIGIN_REFUSED' };
  return { token: cookie, source: 'cookie' };
}

/** RFC 6750, section 2.1. */
function bearerToken(authorization = ''): string | undefined {
  const [scheme] = /^\s*bearer[ \t]+/i.exec(authorization) ?? [];
  // Whatever stands there was meant as a token: what is none is refused, not overlooked. It is not looked for by the
  // pattern, which would take the square of its length.
  return scheme && authorization.slice(scheme.length).trimEnd();
}

/** RFC 6265, section 5.4: the first one wins. */
function cookieValue(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
    const value = pair.slice(equals + 1).trim();
    return decoded(/^".*"$/.test(value) ? value.slice(1, -1) : value);
  }
  return undefined;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function isTrusted({ origin, host, fetchSite }: CredentialSource, allowed: readonly string[]): boolean {
  // Browsers always send it with a WebSocket, and wherever a page may read the answer: what comes without is a
  // program and brings its own cookie, the server's own page, or an image of another one.
  if (origin === undefined) return fetchSite !== 'cross-site' && fetchSite !== 'same-site';
  if (!URL.canParse(origin)) return false;
  const asked = new URL(origin);
  if (asked.origin === 'null') return false;
  return allowed.includes(asked.origin) || isSameHost(asked, host);
}

/** The scheme is not compared: behind a proxy that ends TLS it is not known. */
function isSameHost(asked: URL, host: string | undefined): boolean {
  const own = `${asked.protocol}//${host}`;
  return host !== undefined && URL.canParse(own) && new URL(own).host === asked.host;
}
