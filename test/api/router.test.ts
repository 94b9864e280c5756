import t from 'tap';
import { Type } from 'typebox';
import { route } from '../../protocol/http/index.ts';
import { limits, Refusal } from '../../protocol/index.ts';
import { createEntrance } from '../../server/api/entrance.ts';
import { createRouter } from '../../server/api/router.ts';
import type { Handlers } from '../../server/api/row.ts';
import type { User } from '../../server/dispatch/principal.ts';
import { LogError } from '../../server/log/log.ts';
import type { HttpRequest, HttpResponse } from '../../server/transport/connection.ts';
import { BodyTooLarge } from '../../server/transport/http-body.ts';

const Thing = Type.Object({
  name: Type.String({ description: 'a name' }),
  size: Type.Optional(Type.Integer()),
});
const params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 10 }) });

const table = {
  open: route({
    method: 'GET',
    path: '/open',
    summary: 'For everybody.',
    query: Type.Object({ limit: Type.Optional(Type.Integer({ minimum: 1 })) }),
    answers: { 200: { description: 'What was asked.', schema: Type.Unknown() } },
  }),
  read: route({
    method: 'GET',
    path: '/things/:id',
    summary: 'Reads.',
    scope: 'publish',
    params,
    room: ({ id }) => `thing:${id}`,
    answers: { 200: { description: 'It.', schema: Thing } },
  }),
  write: route({
    method: 'PUT',
    path: '/things/:id',
    summary: 'Writes.',
    scope: 'admin',
    params,
    body: Thing,
    answers: { 204: { description: 'Done.' } },
  }),
  own: route({
    method: 'GET',
    path: '/own',
    summary: 'For every user.',
    scope: 'user',
    answers: { 200: { description: 'Who asks.', schema: Type.Unknown() } },
  }),
} as const;

const users: Readonly<Record<string, Partial<User>>> = {
  publisher: { scope: ['publish'] },
  granted: { scope: ['publish'], rooms: ['thing:a*'] },
  admin: { role: 'admin' },
  user: { scope: [] },
};

const handlers: Handlers<typeof table> = {
  open: ({ query }) => ({ status: 200, json: query }),
  read({ params: { id } }) {
    if (id === 'full') throw new LogError('LOG_UNAVAILABLE', 'full');
    if (id === 'broken') throw new Error('a fault');
    return { status: 200, json: { name: id } };
  },
  write: async () => ({ status: 204 }),
  own: ({ principal }) => ({ status: 200, json: { who: principal.userId ?? 'a guest' } }),
};

function stage({ guests = true, closing = false, rate = 1000 } = {}) {
  const faults: unknown[] = [];
  const refusals: string[] = [];
  let nowMs = 0;
  const entrance = createEntrance({
    async verifyToken(token) {
      const known = users[token];
      if (known === undefined) throw new Refusal('TOKEN_INVALID');
      const nothing = { name: undefined, email: undefined, role: undefined, expiresAt: undefined };
      const grants = { projects: undefined, rooms: undefined, scope: [] };
      return { kind: 'user', userId: token, ...nothing, ...grants, ...known };
    },
    authorize: (principal, _action, roomId) =>
      principal.kind !== 'user' || principal.rooms === undefined || roomId.startsWith('thing:a'),
    guests,
    allowedOrigins: [],
    rate: { count: rate, windowMs: 1000, burst: rate },
    monotonic: () => nowMs,
  });
  const http = createRouter(table, handlers, {
    entrance,
    limits: { ...limits, MAX_MESSAGE_BYTES: 100 },
    cors: { origins: ['https://app.example'], credentials: true },
    closing: () => closing,
    onAnswered: () => {},
    onRefused: ({ code }) => refusals.push(code),
    onFault: (error) => faults.push(error),
  });
  async function ask(
    method: string,
    target: string,
    { as, body, type = 'application/json', headers = {} }: Asked = {},
  ): Promise<HttpResponse & { json: unknown }> {
    const [path = '', query = ''] = target.split('?');
    const bytes = Buffer.from(body ?? '');
    const request: HttpRequest = {
      method,
      path,
      query,
      headers: {
        ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
        ...(body === undefined || type === '' ? {} : { 'content-type': type }),
        ...headers,
      },
      address: '127.0.0.1',
      aborted: new AbortController().signal,
      body: async (maxBytes) => {
        if (bytes.length > maxBytes) throw new BodyTooLarge(maxBytes);
        return bytes;
      },
    };
    const response = await http(request);
    return { ...response, json: response.body === '' ? undefined : JSON.parse(String(response.body)) };
  }
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { ask, faults, refusals, pass };
}

interface Asked {
  as?: string;
  body?: string;
  type?: string;
  headers?: Record<string, string>;
}

t.test('[HT1] what is at no path is 404, and by another method 405 with what is allowed', async (t) => {
  const { ask } = stage();
  t.match(await ask('GET', '/nothing'), { status: 404, json: { code: 'NOT_FOUND', message: String } });
  for (const path of ['/open/', '/OPEN', '/constructor', '/things/%zz', '/things/a/b', '']) {
    t.equal((await ask('GET', path)).status, 404, path);
  }
  t.match(await ask('DELETE', '/things/a'), {
    status: 405,
    headers: { allow: 'GET, HEAD, PUT' },
    json: { code: 'METHOD_NOT_ALLOWED' },
  });
  t.equal((await ask('HEAD', '/open')).status, 200);
});

t.test('[HT2] a token is needed, of the scope and for the room that the row says', async (t) => {
  const { ask } = stage();
  const cases: [string | undefined, string, string, number, string | undefined][] = [
    [undefined, 'GET', '/things/a', 401, 'UNAUTHENTICATED'],
    ['nobody', 'GET', '/things/a', 401, 'TOKEN_INVALID'],
    ['user', 'GET', '/things/a', 403, 'FORBIDDEN'],
    ['publisher', 'GET', '/things/a', 200, undefined],
    ['granted', 'GET', '/things/a', 200, undefined],
    ['granted', 'GET', '/things/b', 403, 'FORBIDDEN'],
    ['admin', 'GET', '/things/b', 200, undefined],
    ['publisher', 'PUT', '/things/a', 403, 'FORBIDDEN'],
    ['admin', 'PUT', '/things/a', 204, undefined],
  ];
  for (const [as, method, path, status, code] of cases) {
    const body = method === 'PUT' ? { body: '{"name":"x"}' } : {};
    const answer = await ask(method, path, { ...(as === undefined ? {} : { as }), ...body });
    t.equal(answer.status, status, `${as} ${method} ${path}`);
    if (code !== undefined) t.match(answer.json, { code, message: String });
    t.equal(answer.headers['www-authenticate'], status === 401 ? 'Bearer' : undefined);
  }
  const inQuery = await ask('GET', '/things/a?token=publisher');
  t.equal(inQuery.status, 401, 'backends have a header');
});

t.test('[HT2] where a row is for every user, guests are let in as the server does', async (t) => {
  t.match((await stage().ask('GET', '/own')).json, { who: 'a guest' });
  t.match((await stage().ask('GET', '/own?token=user')).json, { who: 'user' });
  t.equal((await stage({ guests: false }).ask('GET', '/own')).status, 401);
  const cookie = { headers: { cookie: 'token=user', origin: 'https://evil.example', host: 'a.example' } };
  t.equal((await stage().ask('GET', '/own', cookie)).status, 403);
});

t.test('[HT3] bodies are JSON, within the limit and the schema', async (t) => {
  const { ask } = stage();
  const cases: [Asked, number, object][] = [
    [{ body: 'x' }, 400, { code: 'NOT_JSON' }],
    [{ body: '' }, 400, { code: 'NOT_JSON' }],
    [{}, 415, { code: 'UNSUPPORTED_MEDIA_TYPE' }],
    [{ body: '{"name":"a"}', type: 'text/plain' }, 415, { code: 'UNSUPPORTED_MEDIA_TYPE' }],
    [{ body: '{"name":"a"}', type: '' }, 415, { code: 'UNSUPPORTED_MEDIA_TYPE' }],
    [{ body: JSON.stringify({ name: 'x'.repeat(100) }) }, 413, { code: 'MESSAGE_TOO_LARGE', limit: 100 }],
    [{ body: '[]' }, 422, { code: 'INVALID_FIELD', path: '' }],
    [{ body: '{}' }, 422, { code: 'INVALID_FIELD', path: 'name', expected: 'a name' }],
    [{ body: '{"name":7}' }, 422, { code: 'INVALID_FIELD', path: 'name', expected: 'a name' }],
    [{ body: '{"name":"a","size":"7"}' }, 422, { code: 'INVALID_FIELD', path: 'size' }],
    [{ body: '{"__proto__":{},"name":"a"}' }, 422, { code: 'FORBIDDEN_KEY' }],
    [{ body: '{"name":"a"}', type: 'application/json; charset=utf-8' }, 204, {}],
  ];
  for (const [asked, status, json] of cases) {
    const answer = await ask('PUT', '/things/a', { as: 'admin', ...asked });
    t.equal(answer.status, status, JSON.stringify(asked));
    t.match(answer.json ?? {}, json);
  }
});

t.test('[HT3] what stands in the address is checked, too', async (t) => {
  const { ask } = stage();
  t.match(await ask('GET', `/things/${'a'.repeat(11)}`, { as: 'admin' }), {
    status: 422,
    json: { code: 'INVALID_FIELD', path: 'id' },
  });
  t.match(await ask('GET', '/things/', { as: 'admin' }), { status: 422, json: { path: 'id' } });
  t.match((await ask('GET', '/open?limit=7&limit=9')).json, { limit: 7 });
  t.match(await ask('GET', '/open?limit=x'), { status: 422, json: { path: 'limit' } });
  t.match((await ask('GET', '/things/a%2Fb', { as: 'admin' })).json, { name: 'a/b' });
});

t.test('[HT4] who asks too often is told when to come again, and others are not', async (t) => {
  const at = stage({ rate: 3 });
  const statuses = async (as: string | undefined, count: number) => {
    const found: number[] = [];
    for (let one = 0; one < count; one++) {
      found.push((await at.ask('GET', '/things/a', as === undefined ? {} : { as })).status);
    }
    return found;
  };
  t.same(await statuses('publisher', 4), [200, 200, 200, 429]);
  t.match(await at.ask('GET', '/things/a', { as: 'publisher' }), {
    headers: { 'retry-after': '1' },
    json: { code: 'RATE_LIMITED', retryAfterMs: 334 },
  });
  t.same(await statuses('admin', 3), [200, 200, 200]);
  t.same(await statuses('nobody', 2), [401, 401]);
  t.same(await statuses(undefined, 3), [401, 429, 429], 'an address without a token');
  t.equal((await at.ask('GET', '/open')).status, 200);
  at.pass(1000);
  t.same(await statuses('publisher', 1), [200]);
});

t.test('[HT5] what fails says whose fault it is', async (t) => {
  const at = stage();
  t.match(await at.ask('GET', '/things/full', { as: 'admin' }), {
    status: 503,
    headers: { 'retry-after': '1' },
    json: { code: 'LOG_UNAVAILABLE' },
  });
  t.match(await at.ask('GET', '/things/broken', { as: 'admin' }), {
    status: 500,
    json: { code: 'INTERNAL' },
  });
  t.match(at.faults, [{ message: 'a fault' }]);
  t.match(await stage({ closing: true }).ask('GET', '/things/a', { as: 'admin' }), {
    status: 503,
    json: { code: 'SHUTTING_DOWN' },
  });
});

t.test('[HT6] pages of the origins that are listed may call', async (t) => {
  const { ask } = stage();
  const headers = { origin: 'https://app.example', 'access-control-request-headers': 'authorization' };
  t.match(await ask('OPTIONS', '/things/a', { headers }), {
    status: 204,
    headers: {
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-methods': 'GET, HEAD, PUT',
      'access-control-allow-headers': 'authorization',
    },
  });
  for (const as of ['admin', 'nobody']) {
    const { headers: answered } = await ask('GET', '/things/a', { as, headers });
    t.equal(answered['access-control-allow-origin'], 'https://app.example', 'also what is refused');
    t.match(answered['access-control-expose-headers'], /ETag/);
  }
  const other = await ask('GET', '/things/a', { as: 'admin', headers: { origin: 'https://b.example' } });
  t.equal(other.headers['access-control-allow-origin'], undefined);
});
