import type { fixedLimits, Limits } from '../../protocol/limits.ts';

/** Limits that the schemas state cannot be set. */
export type SettableLimit = Exclude<keyof Limits, (typeof fixedLimits)[number]>;

/** One line on every limit, for the table of settings. What happens beyond it: protocol/limits.ts. */
export const limitSettings: Record<SettableLimit, string> = {
  MAX_MESSAGE_BYTES: 'bytes of one message',
  MAX_FRAME_BYTES: 'bytes of one frame; a larger one closes the connection',
  MAX_DEPTH: 'levels of nesting in a message',
  MAX_USER_BYTES: 'bytes of the `user` of a join',
  MAX_SIGNAL_BYTES: 'bytes of a camera, cursor, typing or scroll signal',
  MAX_METADATA_BYTES: 'bytes of chat metadata',
  MAX_ROOM_USERS: 'users in a room; where it is not set, vocabularies other than the native one allow 200',
  MAX_USER_SESSIONS: 'connections of one user in one room',
  MAX_CONNECTION_ROOMS: 'rooms of one connection',
  MAX_SELECTIONS: 'things that one connection has selected or views in a room',
  MAX_ITEMS: 'items of a scene',
  MAX_SCENE_BYTES: 'bytes of a scene',
  MAX_DOCUMENTS: 'text documents of a room',
  MAX_TEXT_LENGTH: 'characters of a text document',
  KEPT_MESSAGES: 'chat messages kept with a room',
  KEPT_EVENTS: 'ordered events kept for those who come back',
  KEPT_EVENT_BYTES: 'bytes of those events',
  KEPT_TEXT_OPERATIONS: 'operations kept of a text document, in 256 KiB at most',
  MAX_TRANSFORMED_PARTS: 'parts that the transformation of one text operation goes through',
  KEPT_OP_IDS: 'opIds remembered per user and room',
  KEPT_OP_ID_USERS: 'users per room whose opIds are remembered',
  MAX_BUFFERED_BYTES: 'outbound bytes buffered for a connection before it is lagging',
  MAX_HELD_REPLY_BYTES: 'bytes of replies held back for a lagging connection',
  DRAIN_TIMEOUT_MS: 'time in which a lagging connection has to drain',
  MAX_WAITING_MESSAGES: 'messages of one connection that wait for a decision',
  MAX_WAITING_ENTRIES: 'entries that wait in a room for the log',
  MAX_PASSED_REQUESTS: 'requests that wait for the node that holds their session',
  MAX_PASSED_BYTES: 'bytes of those requests, and of the answers on their way',
  MAX_SESSION_EVENTS: 'events of one tracked session',
  SNAPSHOT_ENTRIES: 'entries between two snapshots of a room',
};
