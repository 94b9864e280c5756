import { type ErrorCode, errors } from '../errors.ts';
import { type Json, plainSchema, References } from '../json-schema.ts';
import { Failure } from './failure.ts';
import type { Answer, Route } from './route.ts';
import { routes } from './routes.ts';
import { refusalHeaders, refusalsOf, statuses } from './statuses.ts';

const JSON_TYPE = 'application/json';
const TEXT_TYPE = 'text/plain';

/** OpenAPI 3.1 of everything that is answered over HTTP, made of the table of routes. */
export function openapi(version: string): Json {
  const references = new References('#/components/schemas/');
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, route] of Object.entries<Route>(routes)) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    const operations = paths[path] ?? {};
    paths[path] = { ...operations, [route.method.toLowerCase()]: operationOf(name, route, references) };
  }
  const failure = plainSchema(Failure, references.to);
  return {
    openapi: '3.1.0',
    info: { title: 'Tandem', version, description: overview, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: 'http://localhost:3001', description: 'A server with the default port.' }],
    paths,
    components: {
      schemas: { Failure: failure, ...Object.fromEntries(references.definitions()) },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
    'x-errors': errors,
  };
}

function operationOf(operationId: string, route: Route, references: References): Json {
  const { summary, scope, body, text } = route;
  const parameters = parametersOf(route, references);
  return {
    operationId,
    summary,
    ...(scope === undefined ? { security: [] } : { security: [{ bearer: [] }], 'x-scope': scope }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { [JSON_TYPE]: { schema: plainSchema(body, references.to) } },
          },
        }),
    ...(text === undefined
      ? {}
      : { requestBody: { required: true, description: text, content: { [TEXT_TYPE]: {} } } }),
    responses: { ...answersOf(route, references), ...failuresOf(route) },
  };
}

function parametersOf({ params, query }: Route, references: References): Json[] {
  const places = [
    ['path', params],
    ['query', query],
  ] as const;
  return places.flatMap(([place, schema]) =>
    Object.entries(schema?.properties ?? {}).map(([name, one]) => ({
      name,
      in: place,
      required: place === 'path' || ((schema?.required ?? []) as readonly string[]).includes(name),
      schema: plainSchema(one, references.to),
    })),
  );
}

function answersOf({ answers }: Route, references: References): Json {
  return Object.fromEntries(
    Object.entries<Answer>(answers).map(([status, { description, schema, contentType, headers }]) => [
      status,
      {
        description,
        ...describedHeaders(headers),
        ...(schema === undefined
          ? contentType === undefined
            ? {}
            : { content: { [contentType]: {} } }
          : { content: { [JSON_TYPE]: { schema: plainSchema(schema, references.to) } } }),
      },
    ]),
  );
}

function describedHeaders(headers: Readonly<Record<string, string>> | undefined): Json {
  if (headers === undefined) return {};
  const described = Object.entries(headers).map(([name, description]) => [
    name,
    { description, schema: { type: 'string' } },
  ]);
  return { headers: Object.fromEntries(described) };
}

/** By status; the codes that stand behind it are named. */
function failuresOf(route: Route): Json {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of refusalsOf(route)) {
    const status = statuses[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus]
      .filter(([status]) => !(status in route.answers))
      .map(([status, codes]) => [
        String(status),
        {
          description: `${codes.join(', ')}.`,
          ...describedHeaders(refusalHeaders[status]),
          content: { [JSON_TYPE]: { schema: { $ref: '#/components/schemas/Failure' } } },
        },
      ]),
  );
}

const overview = `Tandem for backends: publishing to rooms, reading them, projects, tracked sessions.

Everything below \`/api\` needs a token with the scope \`publish\` or \`admin\`. What is refused is \`{code, message, …}\`: switch on \`code\`; they stand in \`x-errors\`. A request may be tried again after 429 and 503, when \`Retry-After\` says; with an \`idempotencyKey\` it has its effect once.`;
