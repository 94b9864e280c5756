import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import t, { type Test } from 'tap';
import { BackendError, createBackend, type RequestOptions } from '../../clients/backend/index.ts';
import { token } from '../native/person.ts';
import { connect } from '../support/client.ts';
import { heldBy } from '../support/held.ts';
import { freePort, startServer } from '../support/servers.ts';

async function stage(t: Test, env: Record<string, string> = {}, options: Partial<RequestOptions> = {}) {
  const server = await startServer({ AUTH: 'required', ...env });
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${server.port}/`;
  const own = () => token({ sub: 'backend', scope: 'publish' });
  return { server, url, backend: createBackend({ url, token: own, retryDelayMs: 1, ...options }) };
}

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(`a backend publishes, and reads what happens (${TRANSPORT})`, async (t) => {
    const { server, backend, url } = await stage(t, { TRANSPORT });
    const headers = { authorization: `Bearer ${await token({ sub: 'ada', name: 'Ada' })}` };
    const ada = await connect(server.port, { headers });
    t.teardown(() => ada.close());
    const roomId = 'a room/with: signs?';
    await ada.ask({ type: 'join', roomId });
    const { id } = await backend.publish(roomId, 'saved', { n: 1 });
    t.match(await ada.nextOf('event'), { id, event: 'saved', data: { n: 1 } });
    t.match(await backend.broadcast([roomId, 'b'], 'all', null), [
      { roomId, ok: true },
      { roomId: 'b', ok: true },
    ]);
    t.match(await ada.nextOf('event'), { event: 'all', data: null });
    t.match(await backend.notify('ada', { title: 'T', message: 'M' }), { type: 'info', priority: 'medium' });
    t.match(await ada.nextOf('notification'), { data: { title: 'T' } });
    t.match(await backend.presence(roomId), [{ userId: 'ada', name: 'Ada', connections: 1 }]);
    t.match(await backend.rooms({ prefix: 'a' }), { rooms: [{ roomId, members: 1 }] });
    await ada.ask({ type: 'sceneOperation', operation: { type: 'add', target: 'item', id: 'i', data: {} } });
    await ada.ask({ type: 'message', text: 'hello' });
    const state = await backend.state(roomId);
    t.match(state, { version: 1, manifest: { items: { i: {} } }, etag: /:1"$/ });
    t.equal(await backend.state(roomId, state?.etag), undefined, 'it is the same');
    t.match(await backend.operations(roomId, 0), { toVersion: 1, operations: [{ type: 'add', id: 'i' }] });
    t.match(await backend.messages(roomId, { limit: 1 }), { messages: [{ text: 'hello' }] });
    t.match(await backend.room(roomId), { version: 1, members: [{ userId: 'ada' }] });
    t.match(await backend.projects.put('p', { ownerId: 'ada' }), { id: 'p', members: [], active: true });
    t.match(await backend.projects.get('p'), { ownerId: 'ada' });
    t.match(await backend.projects.list(), [{ id: 'p' }]);
    await backend.projects.delete('p');
    t.same(await backend.projects.list(), []);
    await t.rejects(backend.revoke({ sub: 'ben' }), { code: 'FORBIDDEN', status: 403 });
    const admin = createBackend({ url, token: () => token({ sub: 'root', scope: 'admin' }) });
    t.equal(await admin.revoke({ sub: 'ben' }), 0);
    t.equal(await backend.disconnect('ada'), 1);
    t.equal((await ada.closed).code, 4103);
  });

  t.test(`what is refused is an error with the code and the status (${TRANSPORT})`, async (t) => {
    const { backend, url } = await stage(t, { TRANSPORT });
    await t.rejects(backend.publish('r', '', 1), {
      name: 'BackendError',
      code: 'INVALID_FIELD',
      status: 422,
      details: { path: 'event' },
    });
    await t.rejects(backend.projects.get('q'), { code: 'PROJECT_NOT_FOUND', status: 404 });
    await t.rejects(backend.operations('r', 7), { code: 'VERSION_UNKNOWN', status: 409, retryable: false });
    const stranger = createBackend({ url, token: await token({ sub: 'x' }) });
    await t.rejects(stranger.presence('r'), { code: 'FORBIDDEN', status: 403 });
    const away = createBackend({
      url: `http://127.0.0.1:${await freePort()}`,
      token: 'x',
      retries: 1,
      retryDelayMs: 1,
    });
    await t.rejects(away.presence('r'), { code: 'UNREACHABLE', status: 0, retryable: true });
  });
}

/** A server that answers as it is told, once each, and remembers what it was asked. */
async function scripted(t: Test, answers: (number | 'hang up')[]) {
  const asked: { request: IncomingMessage; body: string }[] = [];
  const http = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    asked.push({ request, body });
    const status = answers.shift() ?? 200;
    if (status === 'hang up') return void request.socket.destroy();
    const failed = {
      code: status === 429 ? 'RATE_LIMITED' : 'LOG_UNAVAILABLE',
      message: 'later',
      retryAfterMs: 1,
    };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(status === 200 ? { roomId: 'r', id: 'e' } : failed));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  t.teardown(() => http.close());
  const { port } = http.address() as AddressInfo;
  let tokens = 0;
  const nextToken = () => {
    tokens += 1;
    return `token-${tokens}`;
  };
  const url = `http://127.0.0.1:${port}`;
  return { asked, backend: createBackend({ url, token: nextToken, retryDelayMs: 1, retries: 4 }) };
}

t.test('what had no answer is tried again, under the same key', async (t) => {
  const { asked, backend } = await scripted(t, ['hang up', 503, 429]);
  t.same(await backend.publish('r', 'e', 1), { roomId: 'r', id: 'e' });
  t.equal(asked.length, 4);
  const keys = asked.map(({ body }) => JSON.parse(body).idempotencyKey);
  t.equal(new Set(keys).size, 1);
  t.match(keys[0], /^.{30,}$/);
  t.same(
    asked.map(({ request }) => request.headers.authorization),
    ['Bearer token-1', 'Bearer token-2', 'Bearer token-3', 'Bearer token-4'],
    'each time with a token that is valid then',
  );
});

t.test('it is not tried again for ever, nor where that is of no use', async (t) => {
  const often = await scripted(t, Array(9).fill(503));
  await t.rejects(often.backend.publish('r', 'e', 1), { code: 'LOG_UNAVAILABLE', status: 503 });
  t.equal(often.asked.length, 5);
  const once = await scripted(t, [500]);
  await t.rejects(once.backend.publish('r', 'e', 1), BackendError);
  t.equal(once.asked.length, 1);
});

t.test('what is no JSON is refused at once, and says so', async (t) => {
  const { asked, backend } = await scripted(t, []);
  await t.rejects(backend.publish('r', 'e', 1n), {
    name: 'BackendError',
    code: 'NOT_JSON',
    message: /BigInt/,
    retryable: false,
  });
  t.equal(await backend.publish('r', 'e', 1).then(() => asked.length), 1);
  t.equal(asked[0]?.request.headers.authorization, 'Bearer token-1', 'no token was asked for in vain');
});

t.test('what a proxy answers in place of the server is no success, whatever its status', async (t) => {
  const http = createServer(({ url }, response) => {
    if (url?.includes('empty')) response.writeHead(204).end();
    else response.end('<h1>Sign in</h1>');
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  t.teardown(() => http.close());
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const backend = createBackend({ url, token: 't', retryDelayMs: 1 });
  const unknown = { name: 'BackendError', code: 'UNKNOWN', status: 200, retryable: false };
  await t.rejects(backend.publish('r', 'e', 1), unknown);
  await t.rejects(backend.presence('r'), unknown);
  await t.rejects(backend.projects.delete('p'), unknown);
  await t.rejects(backend.publish('empty', 'e', 1), { code: 'UNKNOWN', status: 204 });
  await backend.projects.delete('empty');
});

t.test('what cannot be the address of a server is refused before anything is asked, and by its name', (t) => {
  for (const url of [
    '',
    'realtime.example',
    'localhost:3001',
    'ws://realtime.example',
    'https://',
    undefined,
  ]) {
    t.throws(() => createBackend({ url: url as string, token: 't' }), {
      name: 'TypeError',
      message: /^url: /,
    });
  }
  t.end();
});

t.test('a token that cannot be had is the error, and nothing is sent', async (t) => {
  const token = () => Promise.reject(new Error('no token'));
  const backend = createBackend({ url: 'http://127.0.0.1:1', token, retryDelayMs: 1 });
  await t.rejects(backend.presence('r'), { name: 'Error', message: 'no token' });
});

t.test('a token that never comes is waited for as long as an answer, and not after the end', async (t) => {
  let isAsked = () => {};
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  const token = () => {
    isAsked();
    return new Promise<string>(() => {});
  };
  const aborter = new AbortController();
  const options = { url: 'http://127.0.0.1:1', token, retries: 0 };
  const ended = createBackend({ ...options, signal: aborter.signal }).presence('r');
  await asked;
  aborter.abort(new Error('the backend ends'));
  await t.rejects(ended, { message: 'the backend ends' });
  const late = createBackend({ ...options, timeoutMs: 1 }).presence('r');
  await t.rejects(late, { code: 'UNREACHABLE', status: 0, message: /token/ });
});

t.test('what no header or address can have is refused at once, and says so', async (t) => {
  let asked = 0;
  const backendOf = (given: string) => {
    const token = () => {
      asked += 1;
      return given;
    };
    return createBackend({ url: 'http://127.0.0.1:1', token, retryDelayMs: 1 });
  };
  for (const given of ['\uFEFFxyzzy', 'xyz\nzy']) {
    const error = await backendOf(given)
      .presence('r')
      .catch((cause: unknown) => cause);
    t.match(error, { code: 'TOKEN_INVALID', status: 0, retryable: false });
    t.notMatch(inspect(error), /xyz/, 'without telling what it is');
  }
  t.equal(asked, 2);
  await t.rejects(backendOf('t').presence('half a \uD83D'), {
    code: 'INVALID_FIELD',
    status: 0,
    details: { path: 'roomId' },
  });
  t.equal(asked, 2, 'no token was asked for in vain');
});

t.test('a signal ends what is under way, and knows nothing of what is over', async (t) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(String(request.url));
    if (request.url?.includes('patience')) {
      response.writeHead(429, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ code: 'RATE_LIMITED', message: 'Later.', retryAfterMs: 600_000 }));
    } else if (request.url?.includes('answered')) response.end('{"users":[]}');
  });
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const warnings: Error[] = [];
  const warned = (warning: Error) => void warnings.push(warning);
  process.on('warning', warned);
  t.teardown(() => process.off('warning', warned));

  const aborter = new AbortController();
  const { signal } = aborter;
  const backend = createBackend({ url, token: 't', signal });
  await Promise.all(Array.from({ length: 30 }, () => backend.presence('answered')));
  t.equal(heldBy(signal), 0);
  const ends = Promise.allSettled(['silence', 'patience'].map((roomId) => backend.presence(roomId)));
  while (asked.length < 32) await new Promise((resolve) => setImmediate(resolve));
  // What has been answered may still be on its way.
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  aborter.abort(new Error('the backend ends'));
  const ended = { status: 'rejected', reason: { message: 'the backend ends' } };
  t.match(await ends, [ended, ended]);
  await t.rejects(backend.presence('never'), { message: 'the backend ends' });
  t.equal(asked.length, 32);
  const shortly = new AbortController();
  const end = createBackend({ url, token: 't', signal: shortly.signal }).presence('silence');
  while (asked.length < 33) await new Promise((resolve) => setImmediate(resolve));
  shortly.abort('a reason that is no error');
  t.same(await Promise.allSettled([end]), [{ status: 'rejected', reason: 'a reason that is no error' }]);
  t.same(warnings, [], 'and Node.js sees no leak');
});
