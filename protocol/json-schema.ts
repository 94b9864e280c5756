import { commands, Position, TextOperation } from './commands.ts';
import { ChatMessage, messages, Presence, TextDocument } from './messages.ts';
import { Manifest, Operation } from './scene.ts';
import { CameraState, Id, JsonObject, Ref, UserPresence, Vector, Version } from './values.ts';

export type Json = { readonly [keyword: string]: unknown };

/** What stands in many messages: written once, under its name, and referred to. */
const shared: Json = {
  Id,
  Ref,
  Version,
  Vector,
  JsonObject,
  CameraState,
  UserPresence,
  Presence,
  Position,
  Operation,
  Manifest,
  TextOperation,
  TextDocument,
  ChatMessage,
};

// By what they say: TypeBox copies a schema that it makes optional.
const names = new Map(Object.entries(shared).map(([name, schema]) => [JSON.stringify(schema), name]));

/** Plain JSON of a schema, in which every shared schema below it is a reference. */
export function plainSchema(schema: unknown, refTo: (name: string) => string): Json {
  const below = Object.entries(schema as Json).map(([key, value]) => [key, replaced(value, refTo)]);
  return Object.fromEntries(below);
}

function replaced(node: unknown, refTo: (name: string) => string): unknown {
  if (typeof node !== 'object' || node === null) return node;
  const name = names.get(JSON.stringify(node));
  if (name !== undefined) return { $ref: refTo(name) };
  return Array.isArray(node) ? node.map((one) => replaced(one, refTo)) : plainSchema(node, refTo);
}

/** The shared schemas that are referred to, those among them that only other shared ones name. */
export class References {
  readonly #used = new Set<string>();
  readonly #location: string;

  constructor(location: string) {
    this.#location = location;
  }

  readonly to = (name: string): string => {
    this.#used.add(name);
    return this.#location + name;
  };

  definitions(): [string, Json][] {
    const found: [string, Json][] = [];
    // The iteration of a set comes to what is added on the way.
    for (const name of this.#used) found.push([name, plainSchema(shared[name], this.to)]);
    return found;
  }
}

/** `auth_expiring`, `Message` → `AuthExpiringMessage`: a name for generated types, too. */
export function titleOf(type: string, kind: string): string {
  const words = type.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return words.join('') + kind;
}

const URN = 'urn:tandem:v1:';

/** JSON Schema (2020-12) of one direction: any message of it, each with an `$id` of its own. */
function schemaDocument(direction: string, kind: string, description: string, schemas: Json): Json {
  const references = new References(URN);
  const idOf = (type: string) => `${URN}${direction}:${type}`;
  const types = Object.entries(schemas).map(([type, schema]) => {
    const plain = plainSchema(schema, references.to);
    return [type, { $id: idOf(type), title: titleOf(type, kind), ...plain }];
  });
  const definitions = references
    .definitions()
    .map(([name, schema]) => [name, { $id: URN + name, ...schema }]);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: URN + direction,
    title: kind,
    description,
    oneOf: Object.keys(schemas).map((type) => ({ $ref: idOf(type) })),
    $defs: Object.fromEntries([...types, ...definitions]),
  };
}

export function commandSchemas(): Json {
  return schemaDocument('commands', 'Command', 'What clients send: one JSON object per frame.', commands);
}

export function messageSchemas(): Json {
  return schemaDocument(
    'messages',
    'Message',
    'What the server sends: one JSON object per message.',
    messages,
  );
}
