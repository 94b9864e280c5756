import t from 'tap';
import { fixedLimits, type limits } from '../../protocol/index.ts';
import type { Message } from '../support/wire.ts';
import { add, bearer, ofType, remove, type Stage, stage, update } from './person.ts';

const edit = (documentId: string, text: string, version = 0) => ({
  type: 'operation',
  documentId,
  operation: [text],
  version,
});
/** Characters put between others. */
const parts = (count: number) => Array.from({ length: count }, (_, at) => (at % 2 === 0 ? 1 : 'x'));
const scene = (...operations: unknown[]) => ({ type: 'sceneOperation', operations });

/** A limit set low: what fills it, what is over it, and how that is answered. */
interface Case {
  name: keyof typeof limits;
  value: number;
  fill?: Message[];
  over: Message[];
  answer: Message;
  /** What is still taken afterwards. */
  still?: Message;
}

const exceeded = (limit: string) => ({ type: 'error', code: 'LIMIT_EXCEEDED', limit });
const field = (path: string) => ({ type: 'error', code: 'INVALID_FIELD', path });
const chat = { type: 'message', text: 'x' };

const cases: Case[] = [
  {
    name: 'MAX_CONNECTION_ROOMS',
    value: 2,
    fill: [{ type: 'join', roomId: 'two' }],
    over: [{ type: 'join', roomId: 'three' }],
    answer: { code: 'TOO_MANY_ROOMS', limit: 2, roomId: 'three' },
    still: { type: 'join', roomId: 'two' },
  },
  {
    name: 'MAX_SELECTIONS',
    value: 2,
    fill: ['a', 'b'].flatMap((planetId) => [
      { type: 'select', planetId },
      { type: 'join_viewer', planetId },
    ]),
    over: [
      { type: 'select', planetId: 'c' },
      { type: 'join_viewer', planetId: 'c' },
    ],
    answer: exceeded('MAX_SELECTIONS'),
    still: { type: 'select', planetId: 'a' },
  },
  {
    name: 'MAX_ITEMS',
    value: 2,
    fill: [add('a'), add('b')],
    over: [add('c'), scene(remove('a').operation, add('c').operation, add('d').operation)],
    answer: exceeded('MAX_ITEMS'),
    still: update('a', { n: 1 }),
  },
  {
    name: 'MAX_SCENE_BYTES',
    value: 500,
    fill: [add('a', { text: 'x'.repeat(300) })],
    over: [
      add('b', { text: 'x'.repeat(300) }),
      update('a', { more: 'x'.repeat(300) }),
      scene({ type: 'update', target: 'scene', data: { text: 'x'.repeat(300) } }),
    ],
    answer: exceeded('MAX_SCENE_BYTES'),
    still: update('a', { text: '' }),
  },
  {
    name: 'MAX_DOCUMENTS',
    value: 2,
    fill: [edit('a', 'x'), edit('b', 'x')],
    over: [edit('c', 'x')],
    answer: exceeded('MAX_DOCUMENTS'),
    still: edit('a', 'y', 1),
  },
  {
    name: 'MAX_TEXT_LENGTH',
    value: 5,
    fill: [edit('a', 'xxxxx')],
    over: [edit('a', 'y', 1), edit('b', 'xxxxxx')],
    answer: exceeded('MAX_TEXT_LENGTH'),
    still: edit('b', 'x'),
  },
  {
    name: 'MAX_USER_BYTES',
    value: 200,
    over: [
      { type: 'join', roomId: 'room', user: { userId: 'ada', about: 'x'.repeat(200) } },
      { type: 'join', roomId: 'room', user: { userId: 'ada', about: '€'.repeat(100) } },
    ],
    answer: { ...field('user'), limit: 200 },
    still: { type: 'join', roomId: 'room', user: { userId: 'ada', about: 'x'.repeat(100) } },
  },
  {
    name: 'MAX_METADATA_BYTES',
    value: 100,
    over: ['x'.repeat(100), '€'.repeat(40)].map((a) => ({ ...chat, metadata: { a } })),
    answer: { ...field('metadata'), limit: 100 },
    still: { ...chat, metadata: { a: 'x'.repeat(80) } },
  },
  {
    name: 'MAX_SIGNAL_BYTES',
    value: 100,
    over: [{ type: 'cursor', selection: 'x'.repeat(100) }],
    answer: { code: 'INVALID_FIELD', path: 'selection', limit: 100 },
    still: { type: 'cursor', selection: 'x' },
  },
  {
    name: 'MAX_CHAT_LENGTH',
    value: 8192,
    over: [{ type: 'message', text: 'x'.repeat(8193) }],
    answer: field('text'),
    still: { type: 'message', text: 'x'.repeat(8192) },
  },
  {
    name: 'MAX_OPERATIONS',
    value: 100,
    over: [scene(...Array.from({ length: 101 }, (_, index) => add(`i${index}`).operation)), scene()],
    answer: field('operations'),
    still: scene(...Array.from({ length: 100 }, (_, index) => add(`i${index}`).operation)),
  },
  {
    name: 'MAX_TEXT_PARTS',
    value: 1000,
    fill: [edit('a', 'x'.repeat(501))],
    over: [{ ...edit('a', '', 1), operation: parts(1001) }],
    answer: field('operation'),
    still: { ...edit('a', '', 1), operation: parts(1000) },
  },
  {
    name: 'MAX_ID_LENGTH',
    value: 200,
    over: [
      { type: 'select', planetId: 'x'.repeat(201) },
      { type: 'join', roomId: 'x'.repeat(201) },
      { ...add('x'.repeat(201)) },
    ],
    answer: { code: 'INVALID_FIELD' },
    still: { type: 'select', planetId: 'x'.repeat(200) },
  },
  {
    name: 'MAX_DEPTH',
    value: 5,
    over: [add('a', { deep: [[[1]]] })],
    answer: { code: 'TOO_DEEP', limit: 5 },
    still: add('a', { deep: [[1]] }),
  },
  {
    name: 'MAX_EVENT_NAME_LENGTH',
    value: 64,
    over: [{ type: 'relay', event: 'x'.repeat(65), data: null }],
    answer: field('event'),
    still: { type: 'relay', event: 'x'.repeat(64), data: null },
  },
  {
    name: 'MAX_MESSAGE_BYTES',
    value: 5000,
    over: [{ ...chat, text: 'x'.repeat(5000) }],
    answer: { code: 'MESSAGE_TOO_LARGE', limit: 5000 },
    still: { ...chat, text: 'x'.repeat(4000) },
  },
];

async function state(at: Stage): Promise<string> {
  const one = await at.member('looks');
  const { ref: _, ...sync } = await one.ask({ type: 'requestSync' });
  await one.ask({ type: 'leave' });
  return JSON.stringify(sync);
}

for (const { name, value, fill = [], over, answer, still } of cases) {
  t.test(`[ER1] ${name}: what is over it is refused and changes nothing`, async (t) => {
    const isFixed = fixedLimits.some((one) => one === name);
    const at = await stage(t, isFixed ? {} : { [name]: String(value) });
    const ada = await at.member('ada');
    t.hasStrict(ada.heard()[0]?.limits, { [name]: value }, 'the welcome says so');
    const inRoom = (command: Message) => (command.type === 'join' ? command : { roomId: 'room', ...command });
    for (const command of fill) t.hasStrict(await ada.ask(inRoom(command)), { type: 'ack' });
    const before = await state(at);
    const ben = await at.member('ben');
    for (const command of over) {
      const named = name === 'MAX_MESSAGE_BYTES' ? undefined : inRoom(command);
      const refusal = named === undefined ? await refusedWhole(at, command) : await ada.ask(named);
      t.hasStrict(refusal, { ok: false, ...answer }, JSON.stringify(command).slice(0, 80));
    }
    t.same(await ben.news(), [], 'nobody hears of it');
    t.equal(await state(at), before);
    if (still !== undefined)
      t.hasStrict(await ada.ask(inRoom(still)), { type: 'ack' }, 'and the connection lives');
  });
}

/** Of a message that is too large nothing is read, so its refusal has no ref. */
async function refusedWhole(at: Stage, command: Message): Promise<Message> {
  const one = at.person();
  await one.news();
  one.send(command);
  const [refusal] = ofType(await one.news(), 'error');
  return refusal ?? {};
}

t.test('[CL1] MAX_WAITING_MESSAGES closes with OVERLOADED', async (t) => {
  const at = await stage(t, { AUTH: 'required', MAX_WAITING_MESSAGES: '10' });
  const handshake = await bearer({ sub: 'ada' });
  const [patient, hasty] = [at.person(handshake), at.person(handshake)];
  for (let count = 0; count < 10; count++) patient.send({ type: 'heartbeat' });
  for (let count = 0; count < 11; count++) hasty.send({ type: 'heartbeat' });
  t.equal(hasty.wire.closedWith?.code, 4004);
  t.same(JSON.parse(hasty.wire.closedWith?.reason ?? ''), { code: 'OVERLOADED' });
  await at.until(() => ofType(patient.heard(), 'ack').length === 10 || undefined, 'the answers');
});

t.test('[ER1] MAX_WAITING_ENTRIES refuses with OVERLOADED', async (t) => {
  const { createGatedLog } = await import('./gated-log.ts');
  const log = createGatedLog();
  const at = await stage(t, { MAX_WAITING_ENTRIES: '5' }, { log });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  log.hold();
  for (let ref = 0; ref < 10; ref++) ada.send({ ...chat, ref });
  await at.settle();
  const refused = ofType(ada.look(), 'error').map((one) => [one.code, one.ref]);
  log.release();
  const acked = ofType(await ada.news(), 'ack').map((one) => one.ref);
  t.same(
    refused,
    [6, 7, 8, 9].map((ref) => ['OVERLOADED', ref]),
  );
  t.same(acked, [0, 1, 2, 3, 4, 5]);
  t.equal(ofType(await ben.news(), 'message').length, 6);
});
