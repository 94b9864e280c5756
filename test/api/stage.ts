import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Test } from 'tap';
import { openapi } from '../../protocol/http/openapi.ts';
import type { Server, ServerOptions } from '../../server/assembly/server-options.ts';
import { token } from '../native/person.ts';
import { startServer } from '../support/servers.ts';

export const document = openapi('0.0.0') as {
  components: { schemas: Record<string, { properties: object }> };
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, DocumentedAnswer> }>>;
};

interface DocumentedAnswer {
  description: string;
  headers?: Record<string, unknown>;
  content?: Record<string, { schema?: unknown }>;
}

const ajv = new Ajv2020({ strict: false });
ajv.addSchema(document, 'openapi');

export interface Asked {
  /** The claims of the token; none: no token. Default: scope publish, or admin where that is asked for. */
  as?: Record<string, unknown> | undefined;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Answered {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what comes from a server
  json: any;
}

/** A real server that is asked over HTTP; each answer has to be as the OpenAPI document says. */
export interface ApiStage {
  readonly server: Server;
  /** The answers that came, as `operationId status`. */
  readonly seen: Set<string>;
  ask(method: string, path: string, asked?: Asked): Promise<Answered>;
}

export const backend = { sub: 'backend', scope: ['publish'] };
const isForAdmins = /^\/api\/(tokens\/|rooms\/[^/]+\/log)/;
const admin = { ...backend, scope: ['admin'] };

export async function apiStage(
  t: Test,
  env: Record<string, string> = {},
  parts: Omit<Partial<ServerOptions>, 'config'> = {},
): Promise<ApiStage> {
  const server = await startServer({ AUTH: 'required', ...env }, parts);
  t.teardown(() => server.close());
  const seen = new Set<string>();
  return {
    server,
    seen,
    async ask(method, path, asked = {}) {
      const { body, headers = {} } = asked;
      const claims = 'as' in asked ? asked.as : isForAdmins.test(path) ? admin : backend;
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
        method,
        headers: {
          ...(claims === undefined ? {} : { authorization: `Bearer ${await token(claims)}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
      const json = isJson && text !== '' ? JSON.parse(text) : undefined;
      const { status } = response;
      check(t, seen, method, path, response, text === '' ? undefined : json);
      return { status, headers: response.headers, json };
    },
  };
}

const failureFields = new Set(Object.keys(document.components.schemas.Failure?.properties ?? {}));
/** What is sent for the sake of a refusal. */
const ofRefusals = ['www-authenticate', 'accept-encoding', 'retry-after'];

/** The path of the document that an address is at. */
function pathOf(address: string): string | undefined {
  const segments = (address.split('?')[0] ?? '').split('/');
  return Object.keys(document.paths).find((path) => {
    const own = path.split('/');
    return (
      own.length === segments.length &&
      own.every((one, index) => one.startsWith('{') || one === segments[index])
    );
  });
}

function check(
  t: Test,
  seen: Set<string>,
  method: string,
  address: string,
  { status, headers }: Response,
  json: unknown,
): void {
  const path = pathOf(address);
  const key = method === 'HEAD' ? 'get' : method.toLowerCase();
  const operation = path === undefined ? undefined : document.paths[path]?.[key];
  if (path === undefined || operation === undefined) return;
  seen.add(`${operation.operationId} ${status}`);
  const answer = operation.responses[status];
  t.ok(answer, `${operation.operationId} says that it may answer ${status}`);
  const { code } = (json ?? {}) as { code?: string };
  if (code !== undefined) {
    t.match(answer?.description, code, `${operation.operationId} says why`);
    const unknown = Object.keys(json as object).filter((field) => !failureFields.has(field));
    t.same(unknown, [], `${operation.operationId} ${code}: every field is described`);
    const described = Object.keys(answer?.headers ?? {}).map((name) => name.toLowerCase());
    const sent = ofRefusals.filter((name) => headers.has(name));
    t.same(sent, described, `${operation.operationId} ${code}: so are the headers`);
  }
  if (answer?.content?.['application/json']?.schema === undefined || json === undefined) return;
  const pointer = ['paths', path, key, 'responses', String(status), 'content', 'application/json', 'schema']
    .map((one) => one.replaceAll('~', '~0').replaceAll('/', '~1'))
    .map(encodeURIComponent)
    .join('/');
  const validate = ajv.getSchema(`openapi#/${pointer}`) ?? ajv.compile({ $ref: `openapi#/${pointer}` });
  t.ok(validate(json), `${operation.operationId} ${status}: ${ajv.errorsText(validate.errors)}`);
}
