import type { HttpRequest } from './connection.ts';

export interface CorsOptions {
  /** As `https://app.example`; `*` is every origin, but never with credentials. */
  readonly origins: readonly string[];
  /** Whether pages of the origins that are named may send cookies and the Authorization header. */
  readonly credentials: boolean;
}

const PREFLIGHT_SECONDS = '600';

/** The headers that let a page of another origin read the answer, whatever it is. Fetch standard, "CORS protocol". */
export function corsHeaders(
  { origins, credentials }: CorsOptions,
  request: HttpRequest,
): Record<string, string> {
  const { origin } = request.headers;
  // What a cache keeps for one origin must not be shown to another.
  const vary = { vary: 'Origin' };
  if (origin === undefined) return vary;
  if (origins.includes(origin)) {
    const allowed = { ...vary, 'access-control-allow-origin': origin };
    return credentials ? { ...allowed, 'access-control-allow-credentials': 'true' } : allowed;
  }
  return origins.includes('*') ? { ...vary, 'access-control-allow-origin': '*' } : vary;
}

/** What a preflight (OPTIONS) is answered beside {@link corsHeaders}. */
export function preflightHeaders({ headers }: HttpRequest): Record<string, string> {
  const asked = headers['access-control-request-headers'];
  return {
    'access-control-allow-methods': 'GET, POST',
    'access-control-max-age': PREFLIGHT_SECONDS,
    ...(asked === undefined ? {} : { 'access-control-allow-headers': asked }),
  };
}
