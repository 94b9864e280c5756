import { type Static, Type } from 'typebox';
import { limits } from './limits.ts';
import { Id, JsonObject, Version } from './values.ts';

export * from './properties.ts';

/**
 * Scene operations. An operation on an item takes its id from `id`, or from `data.id` where it adds.
 * `data` of an update is merged property by property: every top-level property is one, and so is every axis
 * below `transform` (`transform.position.x`, short `position_x`). [SPEC: SC]
 */
export const Operation = Type.Object(
  {
    type: Type.Union([Type.Literal('add'), Type.Literal('update'), Type.Literal('remove')], {
      description: '"add", "update" or "remove"',
    }),
    target: Type.Union([Type.Literal('scene'), Type.Literal('item')], { description: '"scene" or "item"' }),
    id: Type.Optional(Id),
    data: Type.Optional(JsonObject),
  },
  { description: 'an operation {type, target, id, data}' },
);
export type Operation = Static<typeof Operation>;

export const Operations = Type.Array(Operation, {
  minItems: 1,
  maxItems: limits.MAX_OPERATIONS,
  description: `1 to ${limits.MAX_OPERATIONS} operations`,
});

/** A scene as clients see it. */
export const Manifest = Type.Object({
  properties: JsonObject,
  items: Type.Record(Type.String(), JsonObject),
});
export type Manifest = Static<typeof Manifest>;

/** `toVersion - fromVersion` operations were accepted; those that cancel each other out are left out. */
export const Delta = Type.Object({
  fromVersion: Version,
  toVersion: Version,
  operations: Type.Array(Operation),
});
export type Delta = Static<typeof Delta>;
