import { Type } from 'typebox';
import { errors } from '../errors.ts';
import { Id, JsonObject, Version } from '../values.ts';

/** What every refusal says. */
export const Failure = Type.Object(
  {
    code: Type.Enum(Object.keys(errors)),
    message: Type.String(),
    path: Type.Optional(Type.String({ description: 'the field at fault' })),
    expected: Type.Optional(Type.String({ description: 'what it should have been' })),
    limit: Type.Optional(Type.Union([Type.String(), Type.Number()])),
    retryAfterMs: Type.Optional(Type.Number()),
    version: Type.Optional(Version),
    item: Type.Optional(Id),
    current: Type.Optional(JsonObject),
    thing: Type.Optional(Type.String({ description: 'what somebody else holds the lock of' })),
    lockedBy: Type.Optional(Id),
  },
  { description: 'why a request was refused: switch on `code`' },
);
