import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import t from 'tap';
import { routes } from '../../protocol/http/index.ts';
import { limits } from '../../protocol/index.ts';
import { type Log, LogError } from '../../server/log/log.ts';
import { createMemoryLog } from '../../server/log/memory.ts';
import { add, token } from '../native/person.ts';
import { connect } from '../support/client.ts';
import { freePort } from '../support/servers.ts';
import { rsa, sign } from '../support/tokens.ts';
import { guarded, methodOf, type Name, names, pathWith, samples, withBody, withParams } from './samples.ts';
import { apiStage, document } from './stage.ts';

/** A log in which some rooms cannot be read, and some cannot be written. */
function damagedLog(): Log {
  const log = createMemoryLog();
  return {
    ...log,
    async open(roomId, listener) {
      if (roomId.includes('corrupt')) throw new LogError('LOG_CORRUPT', 'damaged');
      if (roomId.includes('full')) throw new LogError('LOG_UNAVAILABLE', 'full');
      return log.open(roomId, listener);
    },
  };
}

const seenByAll = new Set<string>();

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(`every route answers, and HEAD is GET without a body (${TRANSPORT})`, async (t) => {
    const at = await apiStage(t, { TRANSPORT });
    for (const name of names) {
      const { path, body } = samples[name];
      const asked = body === undefined ? {} : { body };
      const { status } = await at.ask(methodOf(name), path, asked);
      t.ok(status >= 200 && status < 300, `${name} is answered with ${status}`);
      if (methodOf(name) !== 'GET') continue;
      const head = await at.ask('HEAD', path);
      t.equal(head.status, status, name);
      t.equal(head.json, undefined);
    }
    t.equal(
      (await at.ask('POST', samples.startSession.path, { body: samples.startSession.body })).status,
      404,
    );
    await at.ask('GET', '/api/nothing');
    const metrics = await (await fetch(`http://127.0.0.1:${at.server.port}/metrics`)).text();
    t.match(metrics, /^tandem_http_requests_total\{route="broadcast",status="200"\} 1$/m);
    t.match(metrics, /^tandem_http_requests_total\{route="none",status="404"\} 1$/m);
    for (const one of at.seen) seenByAll.add(one);
  });

  t.test(`[HT1] every path says which methods it has (${TRANSPORT})`, async (t) => {
    const at = await apiStage(t, { TRANSPORT });
    for (const name of names) {
      const { status, headers, json } = await at.ask('PATCH', samples[name].path);
      t.equal(status, 405, name);
      t.ok(headers.get('allow')?.split(', ').includes(methodOf(name)), `${name}: ${headers.get('allow')}`);
      t.equal(json.code, 'METHOD_NOT_ALLOWED');
    }
    t.match(await at.ask('GET', '/api/nothing'), { status: 404, json: { code: 'NOT_FOUND' } });
  });

  t.test(
    `[HT2] every route below /api needs a token of the scope, for the room (${TRANSPORT})`,
    async (t) => {
      const at = await apiStage(t, { TRANSPORT });
      for (const name of guarded) {
        const { path, body } = samples[name];
        const asked = body === undefined ? {} : { body };
        const method = methodOf(name);
        t.match(await at.ask(method, path, { ...asked, as: undefined }), {
          status: 401,
          json: { code: 'UNAUTHENTICATED' },
        });
        const expired = { sub: 'a', scope: 'admin', exp: 1 };
        t.match(await at.ask(method, path, { ...asked, as: expired }), {
          status: 401,
          json: { code: 'TOKEN_EXPIRED' },
        });
        t.match(await at.ask(method, path, { ...asked, as: { sub: 'ada', projects: ['p'] } }), {
          status: 403,
          json: { code: 'FORBIDDEN' },
        });
        if (!('room' in routes[name])) continue;
        const other = { sub: 'b', scope: 'publish', rooms: ['other*'], projects: ['q'] };
        t.match(await at.ask(method, path, { ...asked, as: other }), { status: 403 }, name);
      }
      const granted = { sub: 'b', scope: 'publish', rooms: ['r'] };
      t.equal((await at.ask('GET', '/api/rooms/r/presence', { as: granted })).status, 200);
      const { json } = await at.ask('POST', '/api/broadcast', { ...samples.broadcast, as: granted });
      t.match(json.results, [
        { roomId: 'r', ok: true },
        { roomId: 's', ok: false, code: 'FORBIDDEN' },
      ]);
      for (const one of at.seen) seenByAll.add(one);
    },
  );

  t.test(`[HT3] every body and address is checked (${TRANSPORT})`, async (t) => {
    const at = await apiStage(t, { TRANSPORT });
    for (const name of withBody) {
      const { path } = samples[name];
      const method = methodOf(name);
      t.match(await at.ask(method, path, { body: '{' }), { status: 400, json: { code: 'NOT_JSON' } });
      const text = { body: '{}', headers: { 'content-type': 'text/plain' } };
      t.match(await at.ask(method, path, text), { status: 415, json: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
      const packed = await at.ask(method, path, { body: '{}', headers: { 'content-encoding': 'gzip' } });
      const json = { code: 'UNSUPPORTED_MEDIA_TYPE', path: 'Content-Encoding', expected: 'identity' };
      t.match(packed, { status: 415, json });
      t.equal(packed.headers.get('accept-encoding'), 'identity');
      const plain = { body: '{', headers: { 'content-encoding': 'Identity' } };
      t.match(await at.ask(method, path, plain), { status: 400, json: { code: 'NOT_JSON' } });
      const large = JSON.stringify({ x: 'x'.repeat(limits.MAX_FRAME_BYTES) });
      t.match(await at.ask(method, path, { body: large }), {
        status: 413,
        json: { code: 'MESSAGE_TOO_LARGE', limit: Number },
      });
      t.match(await at.ask(method, path, { body: { unknown: 1 } }), {
        status: 422,
        json: { code: 'INVALID_FIELD', path: String, expected: String },
      });
      t.match(await at.ask(method, path, { body: '{"__proto__":1}' }), { json: { code: 'FORBIDDEN_KEY' } });
    }
    for (const name of withParams) {
      const { body } = samples[name];
      const asked = body === undefined ? {} : { body };
      const answer = await at.ask(methodOf(name), pathWith(name, 'x'.repeat(201)), asked);
      t.match(answer, { status: 422, json: { code: 'INVALID_FIELD', path: String } }, name);
    }
    for (const path of ['/api/rooms?limit=0', '/api/rooms/r/operations', '/api/rooms/r/messages?limit=x']) {
      t.match(await at.ask('GET', path), { status: 422, json: { path: /^(limit|since)$/ } }, path);
    }
    for (const one of at.seen) seenByAll.add(one);
  });

  t.test(`[HT4] every route below /api is limited (${TRANSPORT})`, async (t) => {
    const at = await apiStage(t, { TRANSPORT, API_LIMIT: '1/1000s' });
    for (let count = 0; count < 2; count++) await at.ask('GET', '/api/rooms');
    for (const name of guarded) {
      const { path, body } = samples[name];
      const answer = await at.ask(methodOf(name), path, body === undefined ? {} : { body });
      t.match(answer, { status: 429, json: { code: 'RATE_LIMITED', retryAfterMs: Number } }, name);
      t.ok(Number(answer.headers.get('retry-after')) > 900);
    }
    t.equal((await at.ask('GET', '/health')).status, 200);
    for (const one of at.seen) seenByAll.add(one);
  });

  t.test(`[HT5] while tokens cannot be verified every route says so (${TRANSPORT})`, async (t) => {
    const url = `http://127.0.0.1:${await freePort()}/keys`;
    const at = await apiStage(t, { TRANSPORT, JWT_SECRET: '', JWKS_URL: url });
    const headers = { authorization: `Bearer ${await sign({ sub: 'a' }, 'RS256', rsa.privateKey, 'k')}` };
    for (const name of guarded) {
      const { path, body } = samples[name];
      const asked = { as: undefined, headers };
      const answer = await at.ask(methodOf(name), path, body === undefined ? asked : { ...asked, body });
      t.match(answer, { status: 503, json: { code: 'KEYS_UNAVAILABLE' } }, name);
      t.ok(answer.headers.get('retry-after'));
    }
    for (const one of at.seen) seenByAll.add(one);
  });

  t.test(`[HT5] rooms whose log fails are refused, and others are not (${TRANSPORT})`, async (t) => {
    const at = await apiStage(t, { TRANSPORT }, { log: damagedLog() });
    const rooms: Name[] = ['publish', 'room', 'presence', 'state', 'operations', 'messages', 'log'];
    for (const name of [...rooms, 'notify'] as Name[]) {
      const { body } = samples[name];
      const asked = body === undefined ? {} : { body };
      const method = methodOf(name);
      t.match(await at.ask(method, pathWith(name, 'full'), asked), {
        status: 503,
        json: { code: 'LOG_UNAVAILABLE' },
      });
      t.match(await at.ask(method, pathWith(name, 'corrupt'), asked), {
        status: 500,
        json: { code: 'LOG_CORRUPT' },
      });
      const fine = await at.ask('POST', '/api/rooms/r/events', { body: { event: 'e', data: 1 } });
      t.equal(fine.status, 200);
    }
    const body = { rooms: ['full', 'r', 'corrupt'], event: 'e', data: 1 };
    t.match((await at.ask('POST', '/api/broadcast', { body })).json.results, [
      { roomId: 'full', ok: false, code: 'LOG_UNAVAILABLE' },
      { roomId: 'r', ok: true },
      { roomId: 'corrupt', ok: false, code: 'LOG_CORRUPT' },
    ]);
    await at.ask('PUT', '/api/projects/p', { body: { ownerId: 'ada' } });
    for (const sessionId of ['full', 'corrupt']) {
      const started = await at.ask('POST', '/api/projects/p/sessions', {
        body: { sessionId, externalUserId: 'u' },
      });
      const status = sessionId === 'full' ? 503 : 500;
      t.equal(started.status, status);
      const session = `/api/projects/p/sessions/${sessionId}`;
      t.equal((await at.ask('POST', `${session}/events`, { body: [] })).status, status);
      t.equal((await at.ask('POST', `${session}/submit`)).status, status);
      t.equal((await at.ask('GET', `${session}/events`)).status, status);
    }
    for (const one of at.seen) seenByAll.add(one);
  });

  t.test(`what is not there, not active, or in the way has its status (${TRANSPORT})`, async (t) => {
    const at = await apiStage(t, { TRANSPORT });
    const session = '/api/projects/p/sessions/s';
    const start = { body: { sessionId: 's', externalUserId: 'u' } };
    t.match(await at.ask('GET', '/api/rooms/nothing'), { status: 404, json: { code: 'NOT_FOUND' } });
    t.match(await at.ask('GET', '/api/rooms/nothing/operations?since=1'), {
      status: 409,
      json: { code: 'VERSION_UNKNOWN', version: 0 },
    });
    const unknown = { status: 404, json: { code: 'PROJECT_NOT_FOUND' } };
    t.match(await at.ask('GET', '/api/projects/p'), unknown);
    t.match(await at.ask('POST', '/api/projects/p/sessions', start), unknown);
    t.match(await at.ask('POST', `${session}/events`, { body: [] }), unknown);
    t.match(await at.ask('POST', `${session}/submit`), unknown);
    t.match(await at.ask('GET', `${session}/events`), unknown);
    await at.ask('PUT', '/api/projects/p', { body: { ownerId: 'ada' } });
    t.match(await at.ask('POST', `${session}/submit`), { status: 404, json: { code: 'NOT_FOUND' } });
    t.equal((await at.ask('POST', '/api/projects/p/sessions', start)).status, 201);
    t.equal(
      (await at.ask('POST', '/api/projects/p/sessions', start)).status,
      200,
      'a repeat is no second one',
    );
    const other = { body: { sessionId: 's', externalUserId: 'v' } };
    t.match(await at.ask('POST', '/api/projects/p/sessions', other), {
      status: 409,
      json: { code: 'CONFLICT' },
    });
    await at.ask('POST', `${session}/submit`);
    t.match(await at.ask('POST', `${session}/events`, { body: [{}] }), {
      status: 409,
      json: { code: 'SESSION_SUBMITTED' },
    });
    await at.ask('PUT', '/api/projects/p', { body: { ownerId: 'ada', active: false } });
    const inactive = { status: 403, json: { code: 'PROJECT_INACTIVE' } };
    t.match(await at.ask('POST', '/api/projects/p/sessions', start), inactive);
    t.match(await at.ask('POST', `${session}/events`, { body: [] }), inactive);
    t.match(await at.ask('POST', `${session}/submit`), inactive);
    t.equal((await at.ask('GET', `${session}/events`)).status, 200, 'what is stored can be read');
    for (const one of at.seen) seenByAll.add(one);
  });

  t.test(`[HT5] a server that may not be used yet, or no longer, says so (${TRANSPORT})`, async (t) => {
    const log = { ...createMemoryLog(), writable: () => false };
    const at = await apiStage(t, { TRANSPORT }, { log });
    t.equal((await at.ask('GET', '/ready')).status, 503);
    for (const one of at.seen) seenByAll.add(one);
  });

  t.test(`[HT13] the state is told anew only where it is another (${TRANSPORT})`, async (t) => {
    const at = await apiStage(t, { TRANSPORT });
    const ada = await connect(at.server.port, {
      headers: { authorization: `Bearer ${await token({ sub: 'ada' })}` },
    });
    t.teardown(() => ada.close());
    await ada.ask({ type: 'join', roomId: 'r' });
    await ada.ask(add('i', { color: 'red' }));
    const first = await at.ask('GET', '/api/rooms/r/state');
    t.match(first.json, { version: 1, manifest: { items: { i: { color: 'red' } } } });
    const etag = first.headers.get('etag') ?? '';
    t.equal(etag, `"${first.json.epoch}:1"`);
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const same = await at.ask('GET', '/api/rooms/r/state', { headers: { 'if-none-match': tag } });
      t.equal(same.status, 304, tag);
      t.equal(same.headers.get('etag'), etag);
    }
    await ada.ask(add('j'));
    const later = await at.ask('GET', '/api/rooms/r/state', { headers: { 'if-none-match': etag } });
    t.match(later, { status: 200, json: { version: 2 } });
    for (const one of at.seen) seenByAll.add(one);
  });

  t.test(`a request that is given up harms nobody (${TRANSPORT})`, async (t) => {
    const at = await apiStage(t, { TRANSPORT });
    const authorization = `Bearer ${await token({ sub: 'backend', scope: 'publish' })}`;
    for (const name of names) {
      const { path, body } = samples[name];
      const text = body === undefined ? '' : JSON.stringify(body);
      const head = [
        `${methodOf(name)} ${path} HTTP/1.1`,
        'Host: a',
        `Authorization: ${authorization}`,
        ...(body === undefined ? [] : ['Content-Type: application/json', `Content-Length: ${text.length}`]),
      ];
      // In the middle of the body, and as soon as it is sent.
      for (const sent of [text.slice(0, -1), text]) {
        const socket = connectSocket(at.server.port, '127.0.0.1');
        await once(socket, 'connect');
        socket.write(`${head.join('\r\n')}\r\n\r\n${sent}`);
        await new Promise((resolve) => setImmediate(resolve));
        socket.destroy();
      }
      t.equal((await at.ask('GET', '/health')).status, 200, name);
    }
    const { status } = await at.ask('POST', '/api/rooms/r/events', { body: { event: 'e', data: 1 } });
    t.equal(status, 200);
  });
}

t.test('every status that the document says of was seen', async (t) => {
  const documented = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).flatMap(({ operationId, responses }) =>
      operationId in samples ? Object.keys(responses).map((status) => `${operationId} ${status}`) : [],
    ),
  );
  t.same(documented.filter((one) => !seenByAll.has(one)).sort(), []);
});
