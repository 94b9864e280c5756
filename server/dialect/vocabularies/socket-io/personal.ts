import { toOthers, type Vocabulary } from '../../dialect.ts';
import { emit } from '../../framings/socket-io-framing.ts';
import { rooms } from './rooms.ts';

/** A user's own room: what is published there arrives under its name, and nothing else is said of it to all. */
export const personal: Vocabulary = {
  room: {
    presence: null,
    selection: null,
    delta: null,
    text: null,
    message: null,
    published: ({ event, data, connectionId, toAll }) => {
      const message = emit(event, data);
      return [connectionId === undefined || toAll === true ? message : toOthers(message, connectionId)];
    },
  },
  signal: null,
  direct: rooms.direct,
};
