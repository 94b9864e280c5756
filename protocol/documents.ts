import { asyncapi } from './asyncapi.ts';
import { openapi } from './http/openapi.ts';
import { commandSchemas, messageSchemas } from './json-schema.ts';

/** The files that are made from the schemas, by their paths in this folder. */
export function documents(version: string): Map<string, string> {
  const contents = {
    'schemas/commands.json': commandSchemas(),
    'schemas/messages.json': messageSchemas(),
    'asyncapi.json': asyncapi(version),
    'openapi.json': openapi(version),
  };
  return new Map(
    Object.entries(contents).map(([path, content]) => [path, `${JSON.stringify(content, null, 2)}\n`]),
  );
}
