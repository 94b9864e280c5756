import { type Static, type TSchema, Type } from 'typebox';
import { limits } from './limits.ts';

const idPattern = '^[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]+$';

/** Ids of rooms, users, things, documents, operations; and refs: no control characters, and no halves of a
 * character (lone surrogates), which look alike once they are stored. */
export const Id = Type.String({
  minLength: 1,
  maxLength: limits.MAX_ID_LENGTH,
  pattern: idPattern,
  description: `1 to ${limits.MAX_ID_LENGTH} characters, none of them a control character or a lone surrogate`,
});

const id = new RegExp(idPattern, 'u');

/** Whether a value is an id as `Id` describes it. */
export function isId(value: unknown): value is string {
  return isIdWithin(value, limits.MAX_ID_LENGTH);
}

/** The same, of at most so many characters (code points, as in schemas). */
export function isIdWithin(value: unknown, most: number): value is string {
  // None takes more than two units, so that a longer one is not worth counting.
  if (typeof value !== 'string' || value.length > 2 * most || !id.test(value)) return false;
  return value.length <= most || [...value].length <= most;
}

/** What an application calls one of its own events. */
export const EventName = Type.String({
  minLength: 1,
  maxLength: limits.MAX_EVENT_NAME_LENGTH,
  pattern: idPattern,
  description: `1 to ${limits.MAX_EVENT_NAME_LENGTH} characters, none of them a control character or a lone surrogate`,
});

/** Repeated by the answer to a command. */
export const Ref = Type.Union([Id, Type.Integer()], {
  description: 'a string (as an id) or an integer, which the ack or error repeats',
});

export const Version = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

const axis = Type.Number();

/** A point, direction or rotation: `[x, y, z]`, `[x, y, z, w]` or `{x, y, z, w?}`. */
export const Vector = Type.Union(
  [
    Type.Array(axis, { minItems: 2, maxItems: 4 }),
    Type.Object(
      { x: axis, y: axis, z: Type.Optional(axis), w: Type.Optional(axis) },
      { additionalProperties: false },
    ),
  ],
  { description: 'an array of 2 to 4 finite numbers, or an object of x, y, z, w' },
);

/** Where somebody looks from. Own fields are allowed; all within MAX_SIGNAL_BYTES. */
export const CameraState = Type.Object(
  {
    position: Type.Optional(Vector),
    target: Type.Optional(Vector),
    quaternion: Type.Optional(Vector),
    rotation: Type.Optional(Vector),
    up: Type.Optional(Vector),
    zoom: Type.Optional(Type.Number()),
    fov: Type.Optional(Type.Number()),
  },
  { additionalProperties: true },
);
export type CameraState = Static<typeof CameraState>;

/**
 * A person as the application describes them. `userId` (or `id`) says who; everything else (name, colour,
 * avatar, status, own fields) is kept as given, within MAX_USER_BYTES.
 */
export const UserPresence = Type.Object(
  { userId: Type.Optional(Id), id: Type.Optional(Id), name: Type.Optional(Type.String({ maxLength: 200 })) },
  { additionalProperties: true },
);
export type UserPresence = Static<typeof UserPresence>;

/** Keys that no message may have, anywhere: what is merged into an object could change what it inherits. */
export const reservedKeys = ['__proto__', 'constructor', 'prototype'] as const;

export const JsonObject = Type.Record(Type.String(), Type.Unknown());
export type JsonObject = Record<string, unknown>;

/** A schema's own description says best what was expected; else its type does. */
export function describeSchema(schema: TSchema): string {
  const {
    description,
    type,
    const: value,
  } = schema as {
    description?: string;
    type?: string;
    const?: unknown;
  };
  return description ?? (value === undefined ? (type ?? 'another value') : JSON.stringify(value));
}
