import type { streamRoutes } from '../../../protocol/http/index.ts';
import { type ErrorCode, type ErrorDetails, isId, limits, Refusal } from '../../../protocol/index.ts';
import type { HttpBackend } from '../../backend/backend.ts';
import type { Authorize, Principal } from '../../dispatch/principal.ts';
import { rightsIn } from '../../dispatch/rights.ts';
import type { HttpRequest } from '../../transport/connection.ts';
import type { HttpClient, HttpClients } from '../../transport/event-stream/http-clients.ts';
import { json, refused, refusedStream, streamHeaders } from '../replies.ts';
import type { Handlers, WholeReply } from '../row.ts';
import { sceneOf } from './rooms.ts';

export interface StreamOptions {
  clients: HttpClients;
  backend: Pick<HttpBackend, 'scene'>;
  authorize: Authorize;
}

interface Call {
  readonly principal: Principal;
  readonly token: string | undefined;
  readonly request: HttpRequest;
}

type Named = { readonly clientId?: string; readonly userId?: string; readonly name?: string };

/** A room's stream is for what is published there, too. */
const ofRooms = ['published'];

/** Event streams, and the posts of their clients. */
export function createStreamHandlers({
  clients,
  backend,
  authorize,
}: StreamOptions): Handlers<typeof streamRoutes> {
  async function open(
    call: Call & { query: Named & { events?: string; planetId?: string; lastEventId?: string } },
    roomId: string,
    usual: readonly string[],
  ): Promise<WholeReply> {
    const { query, request } = call;
    const topics = query.events === undefined ? usual : partsOf(query.events);
    const viewing = partsOf(query.planetId);
    if (topics.includes('cameras') && viewing.length === 0) {
      throw new Refusal('INVALID_FIELD', {
        path: 'planetId',
        expected: 'the things whose cameras are wanted',
      });
    }
    if (request.method === 'HEAD') {
      await checkJoin(call, roomId);
      return { http: { status: 200, headers: streamHeaders, body: '' } };
    }
    const lastEventId = request.headers['last-event-id'] ?? query.lastEventId;
    const opened = await clients.open(clientOf(call, query, roomId), { topics, viewing, lastEventId });
    if ('ok' in opened) return { http: refusedStream(refusalOf(opened), request) };
    return { http: { status: 200, headers: streamHeaders, body: '', stream: opened } };
  }

  async function post(call: Call & { body: Named }, roomId: string, command: object): Promise<WholeReply> {
    const { clientId: _, name: __, ...fields } = call.body;
    const answer = await clients.post(clientOf(call, call.body, roomId), { ...fields, ...command, roomId });
    if (!answer.ok) return { http: refused(refusalOf(answer)) };
    const { ref: ___, ...accepted } = answer;
    return { http: json(200, accepted) };
  }

  /** For who does not become a member, of whom the join would find it out. */
  async function checkJoin({ principal }: Call, roomId: string): Promise<void> {
    const rights = await rightsIn(roomId, principal, authorize);
    if ('refused' in rights) throw new Refusal(rights.refused);
  }

  async function state(call: Call, roomId: string) {
    await checkJoin(call, roomId);
    return sceneOf(backend, roomId, call.request);
  }

  async function leave(call: Call & { body: Named }, roomId: string) {
    await clients.leave(clientOf(call, call.body, roomId));
    return { status: 200 as const, json: { ok: true as const, roomId } };
  }

  return {
    sceneEvents: (call) => open(call, roomIdOf(call.params), []),
    sceneState: (call) => state(call, roomIdOf(call.params)),
    sceneOperations: (call) => post(call, roomIdOf(call.params), { type: 'sceneOperation' }),
    sceneLeave: (call) => leave(call, roomIdOf(call.params)),
    roomEvents: (call) => open(call, call.params.roomId, ofRooms),
    roomState: (call) => state(call, call.params.roomId),
    roomOperations: (call) => post(call, call.params.roomId, { type: 'sceneOperation' }),
    roomTexts: (call) => post(call, call.params.roomId, { type: 'operation' }),
    roomMessages: (call) => post(call, call.params.roomId, { type: 'message' }),
    roomRelays: (call) => post(call, call.params.roomId, { type: 'relay' }),
    // Its type stands in the body.
    roomSignals: (call) => post(call, call.params.roomId, {}),
    roomSelections: (call) => {
      const { selected = true } = call.body as { selected?: boolean };
      return post(call, call.params.roomId, { type: selected ? 'select' : 'unselect' });
    },
    roomHeartbeats: (call) => post(call, call.params.roomId, { type: 'heartbeat' }),
    roomLeave: (call) => leave(call, call.params.roomId),
  };
}

function clientOf({ principal, token, request }: Call, named: Named, roomId: string): HttpClient {
  const { clientId, userId, name } = named;
  return {
    request,
    roomId,
    clientId,
    userId: principal.userId,
    token,
    user: { ...(userId === undefined ? {} : { userId }), ...(name === undefined ? {} : { name }) },
  };
}

/** Throws INVALID_FIELD where each is an id, and both together make none. */
function roomIdOf({ projectId, sceneId }: { projectId: string; sceneId: string }): string {
  const roomId = `scene:${projectId}:${sceneId}`;
  if (isId(roomId)) return roomId;
  const expected = `scene:{projectId}:{sceneId} of at most ${limits.MAX_ID_LENGTH} characters`;
  throw new Refusal('INVALID_FIELD', { path: 'sceneId', expected });
}

function partsOf(text = ''): string[] {
  return text.split(',').filter((one) => one !== '');
}

/** A refusal by what is behind the streams, which is counted there. */
function refusalOf(answer: { readonly [field: string]: unknown }): Refusal {
  const { ok: _, ref: __, code, message, ...details } = answer;
  return new Refusal(code as ErrorCode, details as ErrorDetails, String(message));
}
