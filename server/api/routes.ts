import type { HttpHandler, HttpRequest, HttpResponse } from '../transport/connection.ts';

export interface RoutesOptions {
  /** False while starting, draining, or when the log cannot be written. */
  ready(): boolean;
  metrics(): Promise<string>;
}

/** What is answered over plain HTTP: `/health`, `/ready`, `/metrics`; else a JSON 404. */
export function createRoutes({ ready, metrics }: RoutesOptions): HttpHandler {
  const routes: Record<string, () => HttpResponse | Promise<HttpResponse>> = {
    '/health': () => json(200, { ok: true }),
    '/ready': () => (ready() ? json(200, { ok: true }) : json(503, { ok: false })),
    '/metrics': async () => ({
      status: 200,
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      body: await metrics(),
    }),
  };
  return ({ method, path }: HttpRequest) => {
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (route === undefined)
      return json(404, { code: 'NOT_FOUND', message: 'There is nothing at this path.' });
    if (method !== 'GET' && method !== 'HEAD') {
      const refused = json(405, { code: 'METHOD_NOT_ALLOWED', message: 'This path can only be read.' });
      return { ...refused, headers: { ...refused.headers, allow: 'GET, HEAD' } };
    }
    return route();
  };
}

function json(status: number, body: object): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
    body: JSON.stringify(body),
  };
}
