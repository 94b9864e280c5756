import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import t from 'tap';
import { streamRoutes } from '../../protocol/http/index.ts';
import { limits, Refusal } from '../../protocol/index.ts';
import { LogError } from '../../server/log/log.ts';
import { createMemoryLog } from '../../server/log/memory.ts';
import { type ApiStage, apiStage, document } from '../api/stage.ts';
import { token } from '../native/person.ts';
import { freePort } from '../support/servers.ts';
import { rsa, sign } from '../support/tokens.ts';
import { add } from './stage.ts';

type Name = keyof typeof streamRoutes;

const names = Object.keys(streamRoutes) as Name[];

/** What each post says; what can be repeated without being refused. */
const bodies: Partial<Record<Name, object>> = {
  sceneOperations: { operation: { type: 'update', target: 'scene', data: { a: 1 } } },
  roomOperations: { operation: { type: 'update', target: 'scene', data: { a: 1 } } },
  roomTexts: { documentId: 'd', operation: ['x'], version: 0 },
  roomMessages: { text: 'hello' },
  roomRelays: { event: 'own', data: 1 },
  roomSignals: { type: 'typing', isTyping: true },
  roomSelections: { planetId: 'mars' },
  roomHeartbeats: {},
  roomLeave: {},
  sceneLeave: {},
};

/** The room of a scene begins with `scene:p:`. */
function pathOf(name: Name, room: string): string {
  return streamRoutes[name].path
    .replace(':projectId', 'p')
    .replace(':sceneId', room)
    .replace(':roomId', name.startsWith('scene') ? `scene:p:${room}` : room);
}

interface Wish {
  readonly room?: string;
  readonly body?: object | string;
  readonly as?: Record<string, unknown> | undefined;
  readonly headers?: Record<string, string>;
}

/** Asks as the table says; of a stream only the head is read. */
async function ask(at: ApiStage, name: Name, wish: Wish = {}) {
  const { room = 'r', headers = {} } = wish;
  const claims = 'as' in wish ? wish.as : { sub: 'ada' };
  const { method } = streamRoutes[name];
  const path = pathOf(name, room);
  if (!name.endsWith('Events')) {
    const body = method === 'POST' ? { body: wish.body ?? { clientId: 'a', ...bodies[name] } } : {};
    return at.ask(method, path, { as: claims, headers, ...body });
  }
  const abort = new AbortController();
  const proof = claims === undefined ? {} : { authorization: `Bearer ${await token(claims)}` };
  const response = await fetch(`http://127.0.0.1:${at.server.port}${path}`, {
    headers: { ...proof, ...headers },
    signal: abort.signal,
  });
  if (response.status !== 200) {
    abort.abort();
    return at.ask(method, path, { as: claims, headers });
  }
  at.seen.add(`${name} 200`);
  abort.abort();
  return { status: 200, headers: response.headers, json: undefined };
}

const seenByAll = new Set<string>();

for (const TRANSPORT of ['uws', 'ws']) {
  const stage = async (
    t: Parameters<typeof apiStage>[0],
    env: Record<string, string> = {},
    parts: Parameters<typeof apiStage>[2] = {},
  ) => {
    const at = await apiStage(t, { TRANSPORT, RATE_LIMIT: '100000/1s', ...env }, parts);
    t.teardown(() => {
      for (const one of at.seen) seenByAll.add(one);
    });
    return at;
  };

  t.test(`[ES8] every route answers (${TRANSPORT})`, async (t) => {
    const at = await stage(t);
    for (const name of names) {
      t.equal((await ask(at, name)).status, 200, name);
      t.equal((await at.ask('PATCH', pathOf(name, 'r'))).status, 405, name);
    }
    for (const name of ['sceneState', 'roomState'] as const) {
      const etag = (await ask(at, name)).headers.get('etag') ?? '';
      t.equal((await ask(at, name, { headers: { 'if-none-match': etag } })).status, 304);
    }
  });

  t.test(`[ES6] every route is for those who may join (${TRANSPORT})`, async (t) => {
    const at = await stage(
      t,
      { MAX_ROOM_USERS: '1' },
      {
        authorize(_, __, roomId) {
          if (roomId.endsWith('nowhere')) throw new Refusal('PROJECT_NOT_FOUND');
          return undefined;
        },
      },
    );
    for (const name of names) {
      t.match(await ask(at, name, { as: undefined }), { status: 401, json: { code: 'UNAUTHENTICATED' } });
      const expired = { sub: 'ada', exp: 1 };
      t.match(await ask(at, name, { as: expired }), { status: 401, json: { code: 'TOKEN_EXPIRED' } });
      const cookie = `token=${await token({ sub: 'ada' })}`;
      const foreign = { as: undefined, headers: { cookie, origin: 'https://evil.example' } };
      t.match(await ask(at, name, foreign), { status: 403, json: { code: 'FORBIDDEN' } });
      if (name.endsWith('Leave')) continue;
      const other = { as: { sub: 'ada', rooms: ['other'] } };
      t.match(await ask(at, name, other), { status: 403, json: { code: 'FORBIDDEN' } }, name);
      t.match(
        await ask(at, name, { room: 'nowhere' }),
        { status: 404, json: { code: 'PROJECT_NOT_FOUND' } },
        name,
      );
      if (name.endsWith('State')) continue;
      const room = `full-${name}`;
      t.equal((await ask(at, name, { room })).status, 200, name);
      const second = { room, as: { sub: 'ben' } };
      t.match(await ask(at, name, second), { status: 409, json: { code: 'ROOM_FULL' } }, name);
    }
  });

  t.test(`[HT1] [ES6] a stream is refused to HEAD as it is to GET (${TRANSPORT})`, async (t) => {
    const authorize = (_: unknown, __: unknown, roomId: string) => {
      if (roomId.endsWith('nowhere')) throw new Refusal('PROJECT_NOT_FOUND');
      return roomId.endsWith('shut') ? false : undefined;
    };
    const at = await stage(t, {}, { authorize });
    for (const name of ['sceneEvents', 'roomEvents'] as const) {
      const statusIn = async (room: string, as: Wish['as'] = { sub: 'ada' }) =>
        (await at.ask('HEAD', pathOf(name, room), { as })).status;
      t.equal(await statusIn('r'), 200);
      t.equal((await at.ask('HEAD', pathOf(name, 'r'), { as: undefined })).status, 401);
      t.equal(await statusIn('shut'), 403);
      t.equal(await statusIn('r', { sub: 'ada', rooms: ['other'] }), 403);
      t.equal(await statusIn('nowhere'), 404);
    }
  });

  t.test(`[ES8] every body and address is checked (${TRANSPORT})`, async (t) => {
    const at = await stage(t);
    const large = JSON.stringify({ clientId: 'a', x: 'x'.repeat(limits.MAX_MESSAGE_BYTES) });
    for (const name of names) {
      t.match(await ask(at, name, { room: 'x'.repeat(201) }), { status: 422, json: { path: String } }, name);
      // With `scene:p:` in front the id of its room has 200 characters, and then 201.
      t.equal((await ask(at, name, { room: 'x'.repeat(192) })).status, 200, name);
      if (name.startsWith('scene')) {
        const longer = await ask(at, name, { room: 'x'.repeat(193) });
        t.match(longer, { status: 422, json: { code: 'INVALID_FIELD', path: 'sceneId' } }, name);
      }
      if (streamRoutes[name].method === 'GET') continue;
      t.match(await ask(at, name, { body: '{' }), { status: 400, json: { code: 'NOT_JSON' } });
      t.match(await ask(at, name, { body: large }), { status: 413, json: { code: 'MESSAGE_TOO_LARGE' } });
      t.match(await ask(at, name, { body: {} }), { status: 422, json: { code: 'INVALID_FIELD' } });
      const text = { headers: { 'content-type': 'text/plain' } };
      t.match(await ask(at, name, text), { status: 415, json: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
    }
  });

  t.test(`[ES8] what an operation cannot be is answered as the document says (${TRANSPORT})`, async (t) => {
    const at = await stage(t, { SIGNED_COMMANDS: 'message,relay,operation,remove' });
    const ahead = { clientId: 'a', ...bodies.roomOperations, version: 9 };
    const removal = { clientId: 'a', operation: { type: 'remove', target: 'item', id: 'i' } };
    for (const name of ['sceneOperations', 'roomOperations'] as const) {
      t.match(await ask(at, name, { body: ahead }), { status: 409, json: { code: 'VERSION_UNKNOWN' } });
      t.match(await ask(at, name, { body: removal }), { status: 403, json: { code: 'SIGNATURE_INVALID' } });
    }
    for (const name of ['roomTexts', 'roomMessages', 'roomRelays'] as const)
      t.match(await ask(at, name), { status: 403, json: { code: 'SIGNATURE_INVALID' } });
  });

  t.test(`[ES8] what others have changed or hold is told as the document says (${TRANSPORT})`, async (t) => {
    const at = await stage(t);
    const ben = { sub: 'ben' };
    const write = (operation: object, version?: number) =>
      ask(at, 'roomOperations', { as: ben, body: { clientId: 'b', operation, version } });
    const chair = { target: 'item', id: 'chair' };
    await ask(at, 'roomOperations', { body: { clientId: 'a', operation: add('chair', { a: 1 }) } });
    const again = await write(add('chair'));
    t.match(again, { status: 409, json: { code: 'ALREADY_EXISTS', item: 'chair' } });
    const late = await write({ type: 'update', ...chair, data: { a: 2 } }, 0);
    t.match(late, { status: 409, json: { code: 'VERSION_CONFLICT', version: 1, current: { a: 1 } } });
    await ask(at, 'roomSelections', { body: { clientId: 'a', planetId: 'chair' } });
    const held = await write({ type: 'update', ...chair, data: { b: 2 } });
    t.match(held, { status: 409, json: { code: 'CONFLICT', thing: 'chair', lockedBy: 'ada' } });
  });

  t.test(`[ES6] every route is limited, and says what fails (${TRANSPORT})`, async (t) => {
    const limited = await stage(t, { API_LIMIT: '1/1000s' });
    for (let count = 0; count < 2; count++) await ask(limited, 'roomState');
    const url = `http://127.0.0.1:${await freePort()}/keys`;
    const keyless = await stage(t, { JWT_SECRET: '', JWKS_URL: url });
    const signed = await sign({ sub: 'a' }, 'RS256', rsa.privateKey, 'k');
    const headers = { authorization: `Bearer ${signed}` };
    const log = createMemoryLog();
    const damaged = await stage(
      t,
      {},
      {
        log: {
          ...log,
          async open(roomId, listener) {
            if (roomId.endsWith('corrupt')) throw new LogError('LOG_CORRUPT', 'damaged');
            if (roomId.endsWith('full')) throw new LogError('LOG_UNAVAILABLE', 'full');
            return log.open(roomId, listener);
          },
        },
      },
    );
    for (const name of names) {
      const over = await ask(limited, name);
      t.match(over, { status: 429, json: { code: 'RATE_LIMITED', retryAfterMs: Number } }, name);
      t.ok(Number(over.headers.get('retry-after')) > 900);
      const unknown = await ask(keyless, name, { as: undefined, headers });
      t.match(unknown, { status: 503, json: { code: 'KEYS_UNAVAILABLE' } }, name);
      if (name.endsWith('Leave')) continue;
      t.match(await ask(damaged, name, { room: 'corrupt' }), { status: 500, json: { code: 'LOG_CORRUPT' } });
      t.match(await ask(damaged, name, { room: 'full' }), { status: 503, json: { code: 'LOG_UNAVAILABLE' } });
    }
  });

  t.test(`[ES8] a request that is given up harms nobody (${TRANSPORT})`, async (t) => {
    const at = await stage(t);
    const authorization = `Bearer ${await token({ sub: 'ada' })}`;
    for (const name of names) {
      const { method } = streamRoutes[name];
      const text = method === 'GET' ? '' : JSON.stringify({ clientId: 'a', ...bodies[name] });
      const head = [
        `${method} ${pathOf(name, 'r')} HTTP/1.1`,
        'Host: a',
        `Authorization: ${authorization}`,
        ...(text === '' ? [] : ['Content-Type: application/json', `Content-Length: ${text.length}`]),
      ];
      for (const sent of [text.slice(0, -1), text]) {
        const socket = connectSocket(at.server.port, '127.0.0.1');
        await once(socket, 'connect');
        socket.write(`${head.join('\r\n')}\r\n\r\n${sent}`);
        await new Promise((resolve) => setImmediate(resolve));
        socket.destroy();
      }
    }
    const body = { clientId: 'b', operation: add('x') };
    t.equal((await ask(at, 'roomOperations', { body, as: { sub: 'ben' } })).status, 200);
  });
}

t.test('every status that the document says of was seen', async (t) => {
  const documented = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).flatMap(({ operationId, responses }) =>
      operationId in streamRoutes ? Object.keys(responses).map((status) => `${operationId} ${status}`) : [],
    ),
  );
  t.ok(documented.length > 0);
  t.same(documented.filter((one) => !seenByAll.has(one)).sort(), []);
});
