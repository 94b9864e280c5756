import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { closes } from '../../protocol/closes.ts';
import { commands } from '../../protocol/commands.ts';
import { documents } from '../../protocol/documents.ts';
import { errors } from '../../protocol/errors.ts';
import { commandExamples, messageExamples } from '../../protocol/examples.ts';
import { limits } from '../../protocol/limits.ts';
import { messages } from '../../protocol/messages.ts';
import { readText } from '../support/sources.ts';

const { version } = JSON.parse(readText('package.json'));
const generated = documents(version);
const parsed = (path: string) => JSON.parse(generated.get(path) ?? '');

const sides = [
  { path: 'schemas/commands.json', direction: 'commands', schemas: commands, examples: commandExamples },
  { path: 'schemas/messages.json', direction: 'messages', schemas: messages, examples: messageExamples },
];

t.test('the generated files are those of the schemas', async (t) => {
  for (const [path, content] of generated) {
    t.equal(readText(`protocol/${path}`), content, `protocol/${path}: run npm run generate`);
  }
  t.same([...documents(version)], [...generated], 'generating again gives the same');
});

t.test('the JSON Schemas accept every example, and nothing of another type', async (t) => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  for (const { path, direction, schemas, examples } of sides) {
    const whole = ajv.compile(parsed(path));
    for (const [type, example] of Object.entries(examples)) {
      const one = ajv.getSchema(`urn:tandem:v1:${direction}:${type}`);
      t.ok(one?.(example), `${type}: ${ajv.errorsText(one?.errors)}`);
      t.ok(whole(example), `${type} is one of the ${direction}`);
      t.notOk(one?.({ ...example, type: 'nothing' }), `${type} is told by its type`);
    }
    t.notOk(whole({ type: 'nothing' }));
    for (const type of Object.keys(schemas)) {
      const { $id, title, description } = parsed(path).$defs[type];
      t.match({ $id, title, description }, { $id: String, title: String, description: /\.$/ }, type);
    }
  }
});

const asyncapi = parsed('asyncapi.json');

function* referencesIn(node: unknown): Iterable<string> {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === '$ref') yield String(value);
    else yield* referencesIn(value);
  }
}

/** What a reference within the document points to (RFC 6901). */
function resolve(reference: string): unknown {
  const keys = reference.split('/').slice(1);
  return keys.reduce((node, key) => node?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], asyncapi);
}

t.test('the AsyncAPI document holds together', async (t) => {
  t.equal(asyncapi.asyncapi, '3.0.0');
  t.equal(asyncapi.info.version, version);
  t.equal(asyncapi.channels.ws.address, '/ws');
  const lost = [...referencesIn(asyncapi)].filter(
    (one) => !one.startsWith('#/') || resolve(one) === undefined,
  );
  t.same(lost, [], 'every reference leads somewhere');
  const titles = Object.values<{ title: string }>(asyncapi.components.messages).map(({ title }) => title);
  t.equal(new Set(titles).size, titles.length, 'titles are unique: types can be made from them');
  t.same(asyncapi['x-errors'], errors);
  t.same(Object.keys(asyncapi['x-closes']), [...Object.keys(closes), 'MESSAGE_TOO_BIG']);
  t.same(asyncapi['x-limits'], limits);
});

t.test('the AsyncAPI document has every command and message, and who sends it', async (t) => {
  const keys = [
    ...Object.keys(commands).map((type) => `command.${type}`),
    ...Object.keys(messages).map((type) => `message.${type}`),
  ];
  t.same(Object.keys(asyncapi.components.messages), keys);
  t.same(Object.keys(asyncapi.channels.ws.messages), keys);
  const used = new Map<string, Set<string>>([
    ['receive', new Set()],
    ['send', new Set()],
  ]);
  for (const { action, messages: own, reply } of Object.values<Operation>(asyncapi.operations)) {
    for (const { $ref } of own) used.get(action)?.add($ref);
    for (const { $ref } of reply?.messages ?? []) used.get('send')?.add($ref);
  }
  const inChannel = (side: string, types: object) =>
    Object.keys(types).map((type) => `#/channels/ws/messages/${side}.${type}`);
  t.same([...(used.get('receive') ?? [])].sort(), inChannel('command', commands).sort());
  t.same([...(used.get('send') ?? [])].sort(), inChannel('message', messages).sort());
});

interface Operation {
  action: 'receive' | 'send';
  messages: { $ref: string }[];
  reply?: { messages: { $ref: string }[] };
}

t.test('the examples of the AsyncAPI document fit their payloads', async (t) => {
  const ajv = new Ajv({ strict: false });
  ajv.addSchema(asyncapi, 'asyncapi');
  for (const [key, { examples }] of Object.entries<{ examples: { payload: unknown }[] }>(
    asyncapi.components.messages,
  )) {
    const validate = ajv.compile({ $ref: `asyncapi#/components/messages/${key}/payload` });
    t.equal(examples.length, 1, `${key} has an example`);
    for (const { payload } of examples) t.ok(validate(payload), `${key}: ${ajv.errorsText(validate.errors)}`);
    t.notOk(validate({ type: 'nothing' }), `${key} is told by its type`);
  }
  const batch = ajv.compile({ $ref: 'asyncapi#/components/schemas/Batch' });
  t.ok(batch(Object.values(messageExamples)), 'a batch holds any of the messages');
  t.notOk(batch([]));
});

t.test('every close has a code of its own', async (t) => {
  const codes = Object.values(closes).map(({ code }) => code);
  t.equal(new Set<number>(codes).size, codes.length);
});
