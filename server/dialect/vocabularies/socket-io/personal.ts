import type { Vocabulary } from '../../dialect.ts';
import { emit } from '../../framings/socket-io-framing.ts';

/** A user's own room: what is published there arrives under its name, and nothing else is said of it. */
export const personal: Vocabulary = {
  room: {
    presence: null,
    selection: null,
    delta: null,
    text: null,
    message: null,
    published: ({ event, data }) => [emit(event, data)],
  },
  signal: null,
  direct: {
    welcome: null,
    ack: null,
    joined: null,
    error: null,
    conflict: null,
    state: null,
    sync: null,
    viewerCameras: null,
    notification: null,
    authExpiring: null,
  },
};
