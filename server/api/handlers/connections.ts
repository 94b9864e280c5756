import { type connectionRoutes, MAX_KEY_BYTES } from '../../../protocol/http/index.ts';
import { type Limits, Refusal } from '../../../protocol/index.ts';
import type { HttpRequest } from '../../transport/connection.ts';
import type { NativeStreams } from '../../transport/event-stream/native-streams.ts';
import { streamHeaders } from '../replies.ts';
import type { Handlers } from '../row.ts';

export interface ConnectionOptions {
  natives: NativeStreams;
  limits: Limits;
}

/** Connections of the native protocol that are carried by requests. [SPEC: ES13] */
export function createConnectionHandlers({
  natives,
  limits,
}: ConnectionOptions): Handlers<typeof connectionRoutes> {
  async function taken(request: HttpRequest, maxBytes: number, take: (body: Uint8Array) => Promise<boolean>) {
    // Read within the request's turn, and not validated here: that is done message by message.
    if (!(await take(await request.body(maxBytes))))
      throw new Refusal('NOT_FOUND', {}, 'There is no such stream.');
    return { status: 204 as const };
  }
  return {
    connect: ({ request, token }) => {
      const http = { status: 200, headers: streamHeaders, body: '' };
      return { http: request.method === 'HEAD' ? http : { ...http, stream: natives.open(request, token) } };
    },
    send: ({ request }) =>
      taken(request, MAX_KEY_BYTES + limits.MAX_FRAME_BYTES, (body) => natives.post(body)),
    hangUp: ({ request }) => taken(request, MAX_KEY_BYTES, (body) => natives.end(body)),
  };
}
