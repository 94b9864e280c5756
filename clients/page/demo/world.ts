import { type Client, connect, type Room } from '../../client/index.ts';
import { text } from '../../client/text/index.ts';
import { Announcer } from './announcer.ts';
import type { Identity } from './identity.ts';
import { Line } from './line.ts';
import { People } from './people.ts';

/** What the parts of the page share. */
export interface World {
  readonly client: Client;
  readonly room: Room;
  readonly line: Line;
  readonly me: Identity;
  readonly people: People;
  readonly announcer: Announcer;
  /** The place that is looked at. */
  place: string;
}

const HEARTBEAT_MS = 4000;

export function openWorld(me: Identity, roomId: string): World {
  const line = new Line();
  const url = `${location.protocol.replace('http', 'ws')}//${location.host}/ws`;
  const client = connect(url, {
    text,
    heartbeatMs: HEARTBEAT_MS,
    backoff: { minMs: 250, maxMs: 3000 },
    ...line.ways,
    ...(me.token === undefined ? {} : { token: me.token }),
  });
  const { userId, name, color } = me;
  const place = 'planets';
  const room = client.join(roomId, { user: { userId, name, color, place } });
  const people = new People(room);
  return { client, room, line, me, people, announcer: new Announcer(), place };
}
