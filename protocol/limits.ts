/**
 * Every limit: its name, its default, and what happens beyond it. All but the `fixedLimits`
 * can be changed by the environment variable of the same name; sizes are in bytes of UTF-8 JSON,
 * those of scenes, kept events and held replies in its UTF-16 units, which cost nothing to count.
 */
export const limits = {
  /** Larger messages get MESSAGE_TOO_LARGE; the connection lives. */
  MAX_MESSAGE_BYTES: 64 * 1024,
  /** Larger frames close the connection with 1009; of more than twice the size they may break it off (1006). */
  MAX_FRAME_BYTES: 1024 * 1024,
  /** Deeper messages get TOO_DEEP. */
  MAX_DEPTH: 32,
  /** Longer ids (rooms, users, things, documents, opIds, refs) get INVALID_FIELD. Characters. */
  MAX_ID_LENGTH: 200,
  /** Longer names of relayed events get INVALID_FIELD. Characters. */
  MAX_EVENT_NAME_LENGTH: 64,
  /** A larger `user` of a join gets INVALID_FIELD. */
  MAX_USER_BYTES: 2048,
  /** A larger camera, cursor, typing or scroll signal gets INVALID_FIELD. */
  MAX_SIGNAL_BYTES: 1024,
  /** Longer chat messages get INVALID_FIELD. Characters. */
  MAX_CHAT_LENGTH: 8192,
  /** Larger chat metadata gets INVALID_FIELD. */
  MAX_METADATA_BYTES: 4096,
  /** More operations in one command get INVALID_FIELD. */
  MAX_OPERATIONS: 100,
  /** More parts of one text operation get INVALID_FIELD. */
  MAX_TEXT_PARTS: 1000,
  /** Values below `transform` in one operation; more get INVALID_FIELD. */
  MAX_TRANSFORM_VALUES: 64,
  /** Users per room under the native contract; the next one gets ROOM_FULL. Setting MAX_ROOM_USERS. */
  MAX_ROOM_USERS: 20,
  /** Connections per user and room; the next one gets TOO_MANY_SESSIONS. */
  MAX_USER_SESSIONS: 32,
  /** Rooms per connection; the next join gets TOO_MANY_ROOMS. */
  MAX_CONNECTION_ROOMS: 32,
  /** Things that one connection has selected or views in a room; the next one gets LIMIT_EXCEEDED. */
  MAX_SELECTIONS: 64,
  /** Items per scene; an operation that would exceed it gets LIMIT_EXCEEDED. */
  MAX_ITEMS: 20_000,
  /** Bytes of a scene; an operation that would exceed it gets LIMIT_EXCEEDED. */
  MAX_SCENE_BYTES: 16 * 1024 * 1024,
  /** Text documents per room; the operation that would make one more gets LIMIT_EXCEEDED. */
  MAX_DOCUMENTS: 100,
  /** Length of a text document; an operation that would exceed it gets LIMIT_EXCEEDED. Characters. */
  MAX_TEXT_LENGTH: 200_000,
  /** Chat messages kept with a room; older ones are forgotten. */
  KEPT_MESSAGES: 200,
  /** Ordered events kept for those who come back; who has missed more gets the whole state. */
  KEPT_EVENTS: 1000,
  /** Bytes of those events; the oldest are dropped first. */
  KEPT_EVENT_BYTES: 1024 * 1024,
  /** Operations kept of a text document, in 256 KiB at most; one made before others' that are not gets
   * VERSION_UNKNOWN. */
  KEPT_TEXT_OPERATIONS: 500,
  /** Parts that a text operation is transformed over, and its own each time; one of more gets VERSION_UNKNOWN:
   * the server would stand still meanwhile. */
  MAX_TRANSFORMED_PARTS: 250_000,
  /** Remembered opIds per user and room; a repeat of an older one is applied anew. */
  KEPT_OP_IDS: 512,
  /** Users per room whose opIds are remembered; those longest silent are forgotten first. */
  KEPT_OP_ID_USERS: 500,
  /** Outbound bytes buffered for a connection; above it, it is lagging. */
  MAX_BUFFERED_BYTES: 1024 * 1024,
  /** Bytes of replies held back for a lagging connection; above it, it is closed (SLOW_CONSUMER). */
  MAX_HELD_REPLY_BYTES: 64 * 1024,
  /** Time in which a lagging connection has to drain before it is closed (SLOW_CONSUMER). */
  DRAIN_TIMEOUT_MS: 30_000,
  /** Messages of one connection that wait for a decision (token, authorizer); one more, or more than
   * MAX_FRAME_BYTES of them, closes it (OVERLOADED). */
  MAX_WAITING_MESSAGES: 256,
  /** Entries that wait in a room for the log; a command over it gets OVERLOADED. */
  MAX_WAITING_ENTRIES: 10_000,
  /** Requests of clients that wait for the node that holds their session; one more gets 503. */
  MAX_PASSED_REQUESTS: 50_000,
  /** Bytes of those requests, and as many of answers on their way; what would exceed it gets 503. Less than what Redis
   * buffers for a subscriber (`client-output-buffer-limit pubsub`). */
  MAX_PASSED_BYTES: 16 * 1024 * 1024,
  /** Events of one tracked session; a batch that would exceed it gets LIMIT_EXCEEDED. */
  MAX_SESSION_EVENTS: 100_000,
  /** Entries between two snapshots of a room. */
  SNAPSHOT_ENTRIES: 1000,
} as const;

export type Limits = { readonly [name in keyof typeof limits]: number };

/** Limits that the schemas state: part of the protocol, the same for every server. */
export const fixedLimits = [
  'MAX_ID_LENGTH',
  'MAX_EVENT_NAME_LENGTH',
  'MAX_CHAT_LENGTH',
  'MAX_OPERATIONS',
  'MAX_TEXT_PARTS',
  'MAX_TRANSFORM_VALUES',
] as const;
