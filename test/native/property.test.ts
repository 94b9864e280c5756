import { Ajv } from 'ajv';
import fc from 'fast-check';
import t from 'tap';
import { errors, messages } from '../../protocol/index.ts';
import type { Message } from '../support/wire.ts';
import { valid } from './bad-fields.ts';
import { type Person, type Stage, stage } from './person.ts';

const ajv = new Ajv({ strict: false, unicodeRegExp: true });
const schemas = new Map(Object.entries(messages).map(([type, schema]) => [type, ajv.compile(schema)]));

/** Values that are likely to mean something to the server. */
const telling = fc.oneof(
  fc.constantFrom<unknown>(
    'ada',
    'ben',
    'room',
    'other',
    'p',
    'i',
    'd',
    'user:ada',
    '',
    'x'.repeat(201),
    '__proto__',
  ),
  fc.constantFrom<unknown>(
    0,
    -0,
    1,
    -1,
    1.5,
    2 ** 53,
    Number.MAX_VALUE,
    null,
    true,
    [],
    {},
    [[]],
    ['x'],
    [1],
    [{ d: 1 }],
  ),
  fc.constantFrom<unknown>('\ud800', '\u0000', '\u2028', '😀', 'add', 'update', 'remove', 'scene', 'item'),
  fc.jsonValue({ maxDepth: 4 }),
);

/** A valid command of which some fields were taken away, put in or replaced. */
const mutated = fc
  .tuple(
    fc.constantFrom(...Object.keys(valid)),
    fc.array(fc.tuple(fc.nat(20), fc.constantFrom('replace', 'remove', 'rename', 'deepen'), telling), {
      maxLength: 3,
    }),
    fc.boolean(),
  )
  .map(([type, changes, named]) => {
    const command: Message = { type, ...structuredClone(valid[type as keyof typeof valid]) };
    if (named) delete command.userId;
    for (const [place, what, value] of changes) {
      const keys = Object.keys(command);
      const key = keys[place % keys.length] as string;
      if (what === 'remove') delete command[key];
      else if (what === 'replace') command[key] = value;
      else if (what === 'rename') command[String(value).slice(0, 40)] = command[key];
      else if (typeof command[key] === 'object' && command[key] !== null) {
        const inner = Object.keys(command[key]);
        if (inner.length > 0) command[key][inner[place % inner.length] as string] = value;
      }
    }
    return JSON.stringify(command);
  });

const anything = fc.oneof(
  { weight: 6, arbitrary: mutated },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 6 }).map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  {
    weight: 1,
    arbitrary: fc
      .dictionary(fc.string(), fc.jsonValue())
      .map((one) => JSON.stringify({ type: 'join', ...one })),
  },
);

/** What must hold of everything that the server says, to whomever. */
function faultIn(all: readonly Message[]): string | undefined {
  const versions = new Map<string, number>();
  for (const message of all) {
    const conforms = schemas.get(message.type);
    if (conforms === undefined) return `unknown type: ${JSON.stringify(message)}`;
    // What an error repeats of a message at fault is the message's own.
    const { ref: _, roomId: __, opId: ___, ...own } = message;
    if (!conforms(message.type === 'error' ? own : message))
      return `${JSON.stringify(conforms.errors)}: ${JSON.stringify(message)}`;
    if (message.type === 'error' && !Object.hasOwn(errors, message.code))
      return `unknown code ${message.code}`;
    if (message.code === 'INTERNAL') return `the server failed: ${JSON.stringify(message)}`;
    const { roomId } = message;
    if (message.type === 'sceneDelta') {
      const before = versions.get(roomId);
      if (before !== undefined && message.fromVersion !== before) return `a gap: ${JSON.stringify(message)}`;
      versions.set(roomId, message.toVersion);
    }
    if (message.type === 'ack' && message.op === 'join') versions.delete(roomId);
  }
  return undefined;
}

async function works(at: Stage, one: Person, roomId: string): Promise<boolean> {
  return (await one.ask({ type: 'message', text: 'marker', roomId })).type === 'ack' && at.clock.now() > 0;
}

t.test(
  '[ER1] whatever is sent, only catalogued errors come back, and nobody else is disturbed',
  async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { minLength: 1, maxLength: 30 }), async (frames) => {
        const at = await stage(t);
        const bystander = await at.member('bystander');
        const [ada, stranger] = [await at.member('ada'), at.person()];
        for (const [index, frame] of frames.entries()) {
          ada.wire.sendRaw(frame);
          if (index % 3 === 0) stranger.wire.sendRaw(frame);
          if (index % 5 === 0) await at.pass(16);
        }
        await at.pass(32);
        // A frame may have left the room; the connection works all the same.
        if (ada.wire.closedWith !== undefined || stranger.wire.closedWith !== undefined) return false;
        const back = await ada.ask({ type: 'join', roomId: 'room', user: { userId: 'ada' } });
        if (back.type !== 'ack' || !(await works(at, ada, 'room'))) return false;
        if (bystander.wire.closedWith !== undefined || !(await works(at, bystander, 'room'))) return false;
        await at.pass(32);
        for (const one of [ada, bystander, stranger]) {
          const fault = faultIn(one.heard());
          if (fault !== undefined) throw new Error(fault);
        }
        const sync = { type: 'requestSync', roomId: 'room' };
        const { ref: _, ...seen } = await ada.ask(sync);
        const { ref: __, ...other } = await bystander.ask(sync);
        await at.server.close();
        return JSON.stringify(seen) === JSON.stringify(other);
      }),
      { numRuns: 400, seed: 20260101, endOnFailure: false },
    );
  },
);

t.test('[ER3] any bytes at all', async (t) => {
  const at = await stage(t);
  const [ada, bystander] = [await at.member('ada'), await at.member('bystander')];
  await Promise.all([ada.news(), bystander.news()]);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, isBinary) => {
      ada.wire.sendRaw(bytes, isBinary);
      await at.settle();
      const news = ada.look();
      if (faultIn(news) !== undefined) throw new Error(faultIn(news));
      return news.length === 1 && news[0]?.type === 'error' && bystander.look().length === 0;
    }),
    { numRuns: 1000, seed: 7 },
  );
  t.hasStrict(await ada.ask({ type: 'message', text: 'works' }), { type: 'ack' });
});
