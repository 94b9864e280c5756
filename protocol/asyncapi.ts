import { CLOSE_TOO_BIG, closes } from './closes.ts';
import { type CommandType, commands } from './commands.ts';
import { errors } from './errors.ts';
import { commandExamples, messageExamples } from './examples.ts';
import { type Json, plainSchema, References, titleOf } from './json-schema.ts';
import { limits } from './limits.ts';
import { type MessageType, messages } from './messages.ts';

/** What answers a command. A signal is acknowledged only where it carries a `ref`. [SPEC: NP] */
const replies: { readonly [T in CommandType]: readonly MessageType[] } = {
  join: ['ack', 'error'],
  leave: ['ack', 'error'],
  select: ['ack', 'conflict', 'error'],
  unselect: ['ack', 'error'],
  join_viewer: ['ack', 'error'],
  leave_viewer: ['ack', 'error'],
  camera: ['ack', 'error'],
  heartbeat: ['ack', 'error'],
  cursor: ['ack', 'error'],
  typing: ['ack', 'error'],
  scroll: ['ack', 'error'],
  sceneOperation: ['ack', 'conflict', 'error'],
  requestSync: ['syncResponse', 'error'],
  relay: ['ack', 'conflict', 'error'],
  message: ['ack', 'error'],
  operation: ['ack', 'error'],
  analytics: ['ack', 'error'],
  auth: ['ack', 'error'],
};

type Schemas = Readonly<Record<string, { description?: string; properties: object }>>;
const inbound: Schemas = commands;
const outbound: Schemas = messages;

const CHANNEL = '#/channels/ws';
const keyOf = { command: (type: string) => `command.${type}`, message: (type: string) => `message.${type}` };
const inChannel = (key: string) => ({ $ref: `${CHANNEL}/messages/${key}` });

/** AsyncAPI 3.0 of the native dialect, from the server's point of view: it receives commands. */
export function asyncapi(version: string): Json {
  const references = new References('#/components/schemas/');
  const described = {
    ...describedMessages('command', 'Command', inbound, commandExamples, references),
    ...describedMessages('message', 'Message', outbound, messageExamples, references),
  };
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Tandem',
      version,
      description: overview,
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      local: {
        host: 'localhost:3001',
        protocol: 'ws',
        description: 'A server with the default port.',
        security: [
          { $ref: '#/components/securitySchemes/bearer' },
          { $ref: '#/components/securitySchemes/query' },
          { $ref: '#/components/securitySchemes/cookie' },
        ],
      },
    },
    channels: { ws: channel(Object.keys(described)) },
    operations: { ...receiving(), ...sending() },
    components: {
      messages: described,
      schemas: { ...Object.fromEntries(references.definitions()), Batch: batch, CloseReason: closeReason },
      securitySchemes,
    },
    'x-errors': errors,
    'x-closes': {
      ...Object.fromEntries(
        Object.entries(closes).map(([name, { code, reconnect, text }]) => [
          name,
          { code, reconnect, description: text },
        ]),
      ),
      MESSAGE_TOO_BIG: {
        code: CLOSE_TOO_BIG,
        reconnect: true,
        description: 'A frame was larger than MAX_FRAME_BYTES: do not send it again (RFC 6455, 7.4.1).',
      },
    },
    'x-limits': limits,
  };
}

function describedMessages(
  side: keyof typeof keyOf,
  kind: string,
  schemas: Schemas,
  examples: Json,
  references: References,
): Json {
  return Object.fromEntries(
    Object.entries(schemas).map(([type, schema]) => [
      keyOf[side](type),
      {
        name: type,
        title: titleOf(type, kind),
        summary: schema.description,
        ...('ref' in schema.properties ? { correlationId: { location: '$message.payload#/ref' } } : {}),
        payload: plainSchema(schema, references.to),
        examples: [{ name: type, payload: examples[type] }],
      },
    ]),
  );
}

function channel(keys: readonly string[]): Json {
  return {
    address: '/ws',
    title: 'The WebSocket',
    description: 'Text frames of UTF-8 JSON. The path `/` is the same.',
    servers: [{ $ref: '#/servers/local' }],
    messages: Object.fromEntries(keys.map((key) => [key, { $ref: `#/components/messages/${key}` }])),
    bindings: {
      ws: {
        method: 'GET',
        headers: {
          type: 'object',
          properties: {
            'Sec-WebSocket-Protocol': {
              type: 'string',
              enum: ['tandem.v1'],
              description: 'Offered by clients that read batch frames; may be left out.',
            },
          },
        },
        bindingVersion: '0.1.0',
      },
    },
    'x-subprotocols': {
      'tandem.v1': {
        description:
          'Frames from the server are JSON arrays of messages: all that a room has for a client in one tick is one frame. It holds the client’s own signals, text operations and relayed events, too, which it knows by their `connectionId`. Frames to the server are single objects as without a subprotocol.',
        payload: { $ref: '#/components/schemas/Batch' },
      },
    },
  };
}

function receiving(): Json {
  return Object.fromEntries(
    Object.entries(inbound).map(([type, { description }]) => [
      `receive.${type}`,
      {
        action: 'receive',
        channel: { $ref: CHANNEL },
        summary: description,
        messages: [inChannel(keyOf.command(type))],
        reply: {
          channel: { $ref: CHANNEL },
          messages: replies[type as CommandType].map((reply) => inChannel(keyOf.message(reply))),
        },
      },
    ]),
  );
}

/** What the server sends without having been asked; `error` is among them, for frames that are no command. */
function sending(): Json {
  const answers: ReadonlySet<string> = new Set(['ack', 'conflict', 'syncResponse']);
  return Object.fromEntries(
    Object.entries(outbound)
      .filter(([type]) => !answers.has(type))
      .map(([type, { description }]) => [
        `send.${type}`,
        {
          action: 'send',
          channel: { $ref: CHANNEL },
          summary: description,
          messages: [inChannel(keyOf.message(type))],
        },
      ]),
  );
}

const batch: Json = {
  type: 'array',
  minItems: 1,
  description: 'A frame from the server under the subprotocol tandem.v1.',
  items: {
    oneOf: Object.keys(messages).map((type) => ({
      $ref: `#/components/messages/${keyOf.message(type)}/payload`,
    })),
  },
};

const closeReason: Json = {
  type: 'object',
  description: 'The reason in a close frame of the server, as JSON.',
  properties: {
    code: { type: 'string', enum: Object.keys(closes) },
    retryAfterMs: { type: 'number', minimum: 0 },
  },
  required: ['code'],
};

const securitySchemes: Json = {
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  query: { type: 'httpApiKey', name: 'token', in: 'query' },
  cookie: {
    type: 'httpApiKey',
    name: 'token',
    in: 'cookie',
    description: 'From allowed origins only.',
  },
};

const overview = `Realtime collaboration: rooms with presence, selections and locks, viewers, a scene, text documents and chat.

Clients send commands, one JSON object per frame; the server sends messages, one JSON object per frame or, under the subprotocol \`tandem.v1\`, a JSON array of them (see \`x-subprotocols\` of the channel).

An \`error\` answers one message and the connection lives on; its codes stand in \`x-errors\`. A close ends the connection; its codes stand in \`x-closes\`, and each says whether to reconnect. Limits and their defaults stand in \`x-limits\`. The rules behind the messages stand in SPEC.md beside this file.`;
