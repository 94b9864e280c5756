import { toOthers, type Vocabulary } from '../../dialect.ts';
import type { RoomEvent } from '../../events.ts';
import { emit } from '../../framings/socket-io-framing.ts';
import { rooms } from './rooms.ts';
import { publishedName } from './words.ts';

/** A user's own room: what is published there arrives under its name, and nothing else is said of it to all. */
export const personal: Vocabulary = {
  room: {
    presence: null,
    selection: null,
    delta: null,
    text: null,
    message: null,
    published: (event) => publishedAs(publishedName(event), event),
  },
  signal: null,
  direct: rooms.direct,
};

/** The data alone, under this name. */
export function publishedAs(
  name: string,
  { data, connectionId, toAll }: Extract<RoomEvent, { type: 'published' }>,
) {
  const message = emit(name, data);
  return [connectionId === undefined || toAll === true ? message : toOthers(message, connectionId)];
}
