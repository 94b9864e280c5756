import createTree from 'find-my-way';
import type { Route } from '../../protocol/http/index.ts';
import { type Limits, Refusal } from '../../protocol/index.ts';
import type { Principal } from '../dispatch/principal.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '../transport/connection.ts';
import { type CorsOptions, corsHeaders, preflightHeaders } from '../transport/cors.ts';
import { RequestAborted } from '../transport/http-body.ts';
import type { Entrance } from './entrance.ts';
import { bodyOf, paramsOf, queryOf, readBody } from './parts.ts';
import { json, refusalOf, refused, refusedStream } from './replies.ts';
import type { Call, Handler, Handlers, Row } from './row.ts';

export interface RouterOptions {
  entrance: Entrance;
  limits: Limits;
  cors: CorsOptions;
  /** True: nothing new is accepted. */
  closing(): boolean;
  /** `route`: the name of the row; undefined where there is none. */
  onAnswered(route: string | undefined, status: number): void;
  onRefused(refusal: Refusal, request: HttpRequest, userId: string | undefined): void;
  /** A fault of the server's own. */
  onFault(error: unknown, route: string): void;
}

/** Percent-encoded ids may be long; their real length is checked with the schema. */
const MAX_SEGMENT = 4096;

/** Answers by a table: everything that is the same for all rows is done here. [SPEC: HT] */
export function createRouter<Table extends Readonly<Record<string, Route>>>(
  table: Table,
  handlers: Handlers<NoInfer<Table>>,
  options: RouterOptions,
): HttpHandler {
  const { limits, entrance } = options;
  const tree = createTree({ maxParamLength: MAX_SEGMENT });
  const paths = new Map<string, Map<string, Row>>();
  for (const [name, route] of Object.entries(table)) {
    const methods = paths.get(route.path) ?? new Map<string, Row>();
    paths.set(
      route.path,
      methods.set(route.method, { name, route, handle: handlers[name] as Handler<Route> }),
    );
  }
  // One entry for a path, whatever its methods: they say what is allowed.
  for (const [path, methods] of paths) tree.on('GET', path, () => {}, methods);

  function answer(request: HttpRequest): HttpResponse | Promise<HttpResponse> {
    const found = tree.find('GET', request.path);
    if (found === null) {
      return noted(undefined, fail(new Refusal('NOT_FOUND', {}, 'There is nothing at this path.'), request));
    }
    const methods = found.store as Map<string, Row>;
    const row = methods.get(request.method === 'HEAD' ? 'GET' : request.method);
    if (row !== undefined) return noted(row.name, serve(row, request, found.params));
    const allow = [...methods.keys()].flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one])).join(', ');
    if (request.method === 'OPTIONS') return preflight(request, allow);
    return noted(undefined, fail(new Refusal('METHOD_NOT_ALLOWED'), request, undefined, { allow }));
  }

  function noted(
    name: string | undefined,
    response: HttpResponse | Promise<HttpResponse>,
  ): HttpResponse | Promise<HttpResponse> {
    if (response instanceof Promise) response.then(({ status }) => options.onAnswered(name, status));
    else options.onAnswered(name, response.status);
    return response;
  }

  function preflight(request: HttpRequest, allow: string): HttpResponse {
    const headers = { ...preflightHeaders(request), 'access-control-allow-methods': allow, allow };
    return { status: 204, headers, body: '' };
  }

  function serve(
    row: Row,
    request: HttpRequest,
    found: Readonly<Record<string, string | undefined>>,
  ): HttpResponse | Promise<HttpResponse> {
    const { route, handle } = row;
    try {
      if (route.scope === undefined && route.body === undefined) {
        const [params, query] = [paramsOf(route, found), queryOf(route, request.query)];
        const reply = handle({ params, query, body: undefined, request } as unknown as Call<Route>);
        return reply instanceof Promise
          ? reply.then(responseOf).catch((error) => fail(error, request, row))
          : responseOf(reply);
      }
      checkOpen(route);
      const token = entrance.tokenOf(route, request);
      const bytes = readBody(route, request, limits);
      return admitted(row, request, found, token, bytes);
    } catch (error) {
      return fail(error, request, row);
    }
  }

  function checkOpen({ drains }: Route): void {
    if (options.closing() && drains !== true) throw new Refusal('SHUTTING_DOWN');
  }

  async function admitted(
    row: Row,
    request: HttpRequest,
    found: Readonly<Record<string, string | undefined>>,
    token: string | undefined,
    bytes: Promise<Uint8Array> | undefined,
  ): Promise<HttpResponse> {
    const { route, handle } = row;
    let principal: Principal | undefined;
    try {
      if (route.scope !== undefined) principal = await entrance.admit(route, request, token);
      const params = paramsOf(route, found);
      const query = queryOf(route, request.query);
      if (principal !== undefined) {
        await entrance.checkRoom(route, principal, (params ?? {}) as Record<string, string>);
      }
      const body = bodyOf(route, await bytes, limits);
      // All this may have taken long, a body as long as its client likes.
      if (bytes !== undefined) await entrance.checkAgain(token);
      checkOpen(route);
      const call = { params, query, body, principal, token, request };
      return responseOf(await handle(call as unknown as Call<Route>));
    } catch (error) {
      return fail(error, request, row, {}, principal?.userId);
    }
  }

  function fail(
    error: unknown,
    request: HttpRequest,
    row?: Row,
    headers: Record<string, string> = {},
    userId?: string,
  ): HttpResponse {
    const refusal = refusalOf(error);
    // Nobody reads the answer to a request that was aborted.
    if (error instanceof RequestAborted) return refused(refusal);
    if (refusal.code === 'INTERNAL') options.onFault(error, row === undefined ? '' : row.route.path);
    options.onRefused(refusal, request, userId);
    if (row?.route.answers[200]?.contentType === 'text/event-stream') return refusedStream(refusal, request);
    return refused(refusal, headers);
  }

  return (request) => {
    // Without the header there is no page that would have to be told.
    const shared = request.headers.origin === undefined ? {} : sharedHeaders(options.cors, request);
    const response = answer(request);
    return response instanceof Promise
      ? response.then((one) => withHeaders(one, shared))
      : withHeaders(response, shared);
  };
}

/** Pages see no other headers of an answer but these and a few that are always shown. */
const EXPOSED = 'ETag, Retry-After, Allow';

function sharedHeaders(cors: CorsOptions, request: HttpRequest): Record<string, string> {
  const headers = corsHeaders(cors, request);
  const isShared = 'access-control-allow-origin' in headers;
  return isShared ? { ...headers, 'access-control-expose-headers': EXPOSED } : headers;
}

function withHeaders(response: HttpResponse, headers: Record<string, string>): HttpResponse {
  return { ...response, headers: { ...response.headers, ...headers } };
}

/** What a handler says, as it leaves. */
function responseOf(reply: Awaited<ReturnType<Handler<Route>>>): HttpResponse {
  if ('http' in reply) return reply.http;
  const { status, headers = {} } = reply;
  if ('json' in reply && reply.json !== undefined) return json(status, reply.json, { ...headers });
  return { status, headers: { 'cache-control': 'no-store', ...headers }, body: '' };
}
