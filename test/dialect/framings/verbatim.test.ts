import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { limits, Refusal } from '../../../protocol/index.ts';
import { readCamera, type Verbatim } from '../../../server/dialect/framings/verbatim.ts';
import { nativeSingle } from '../../../server/dialect/vocabularies/native.ts';
import { inspect } from '../../../server/dispatch/inspect.ts';
import { validated } from '../../../server/dispatch/validation.ts';

/** What becomes of a message: what it says, or why it is refused. */
function outcomeOf(message: unknown): object {
  try {
    inspect(message, limits.MAX_DEPTH);
    validated('camera', message);
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code, ...error.details };
    throw error;
  }
  return JSON.parse(JSON.stringify(message));
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Whether the text is passed on. Throws where it does not fare as if it had been parsed. */
function isPassedOn(json: string): boolean {
  const read = readCamera(json);
  if (read === undefined) return false;
  deepStrictEqual(outcomeOf(read), outcomeOf(parsed(json)), JSON.stringify(json));
  return true;
}

const size = fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map((one) => Math.round(one * 1000) / 1000);
const axis = fc.oneof({ weight: 6, arbitrary: size }, fc.double(), fc.integer());
const list = fc.array(axis, { minLength: 2, maxLength: 5 });
const point = fc.record({ x: axis, y: axis, z: axis, w: axis }, { requiredKeys: ['x', 'y'] });
const vector = fc.oneof(list, point);
const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'kitchen', 'übung') },
  fc.string(),
  fc.string({ unit: 'binary' }),
);
const key = fc.oneof(
  fc.constantFrom('position', 'zoom', 'up', 'sentAt', 'isLast', '$own', 'positions', 'fov2', 'constructor'),
  text,
);
const own = fc.oneof(
  { weight: 3, arbitrary: axis },
  fc.boolean(),
  fc.constant(null),
  text,
  vector,
  fc.dictionary(text, axis),
);
const camera = fc
  .tuple(
    fc.record(
      { position: vector, target: vector, quaternion: vector, zoom: axis, fov: axis },
      { requiredKeys: [] },
    ),
    fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, fc.dictionary(key, own, { maxKeys: 2 })),
  )
  .map(([known, more]) => ({ ...known, ...more }));
const message = fc.oneof(
  fc.record({ roomId: text, planetId: text, camera, userId: text }, { requiredKeys: ['planetId', 'camera'] }),
  fc.record({ planetId: text, camera, ref: axis }),
);

t.test('a camera as clients write it is passed on as it came', (t) => {
  const position = [1.25, -2.5e-7, 1e21];
  for (const one of [
    { type: 'camera', planetId: 'mars', camera: { position, target: { x: 0, y: 0.5, z: 1 } } },
    { type: 'camera', roomId: 'r', planetId: 'mars', camera: { zoom: 2, fov: 50, mode: 'orbit', on: true } },
    { type: 'camera', planetId: 'mars', camera: { quaternion: [0, 0, 0, 1] }, userId: 'ada' },
  ]) {
    const json = JSON.stringify(one);
    t.ok(isPassedOn(json), json);
    const read = readCamera(json) as { camera: Verbatim };
    const said = nativeSingle.framing.encode({ ...read, connectionId: 'c' });
    t.same(JSON.parse(said), { ...one, connectionId: 'c' });
    t.ok(said.includes(JSON.stringify(one.camera)), 'not a digit of it is written anew');
  }
  t.end();
});

t.test('what it says is there for who asks', (t) => {
  const read = readCamera('{"type":"camera","planetId":"mars","camera":{"position":[1.0,2]}}');
  t.same(JSON.parse(JSON.stringify({ ada: (read as { camera: unknown }).camera })), {
    ada: { position: [1, 2] },
  });
  t.end();
});

t.test('whatever a camera is, it is accepted or refused as if it had been parsed', (t) => {
  let [passed, all] = [0, 0];
  fc.assert(
    fc.property(message, (fields) => {
      all += 1;
      if (isPassedOn(JSON.stringify({ type: 'camera', ...fields }))) passed += 1;
    }),
    { numRuns: 3000 },
  );
  t.ok(passed > 100 && passed < all, `${passed} of ${all} were passed on`);
  t.end();
});

t.test('nor does it go another way with any number', (t) => {
  const numbers =
    '0 -0 00 01 -1 --1 +1 1. .5 1.50 1.5.5 1e5 1E5 1e+5 1e-05 1e 1e400 -1e400 1e99 0x1 1_0 NaN Infinity null';
  const passed = [
    ...numbers.split(' '),
    '12345678901234567890',
    '1'.repeat(400),
    `0.${'1'.repeat(400)}`,
  ].filter((one) =>
    ['"zoom":N', '"own":N', '"up":[N,N]', '"up":{"x":N,"y":N}'].every((field) =>
      isPassedOn(`{"type":"camera","planetId":"m","camera":{${field.replaceAll('N', one)}}}`),
    ),
  );
  t.same(passed, ['0', '-0', '-1', '1.50', '1e5', '1E5', '1e+5', '1e-05', '1e99']);
  t.end();
});

t.test('nor does it go another way where a character of it is another one', (t) => {
  const json =
    '{"type":"camera","roomId":"r","planetId":"m","camera":{"position":[1.5,-2,3e-7],"up":{"x":0,"y":1},"own":"a"}}';
  const other = fc.constantFrom(...'{}[]:,"\\-+.eE019 \n\u0000\u2028a');
  let passed = 0;
  fc.assert(
    fc.property(fc.nat(json.length), fc.nat(2), other, (at, cut, put) => {
      if (isPassedOn(json.slice(0, at) + put + json.slice(at + cut))) passed += 1;
    }),
    { numRuns: 5000 },
  );
  t.ok(passed > 100, `${passed} were passed on`);
  t.end();
});

t.test('what is long, or made to be hard to recognise, is left to the parser', (t) => {
  const beginning = '{"type":"camera","planetId":"m","camera":{';
  for (const part of [
    '"a":1,',
    '"a":1.1111111111111111111e-11,',
    '"position":[1,2,3,4],',
    '"a":"',
    '"a":"b",',
  ]) {
    const ofLength = (length: number) => part.repeat(Math.floor(length / part.length)).slice(0, -1);
    t.equal(readCamera(`${beginning}${ofLength(4000)}`), undefined);
    t.equal(readCamera(`${beginning}${ofLength(4000)}}]`), undefined);
    t.equal(readCamera(`${beginning}${ofLength(limits.MAX_MESSAGE_BYTES)}}}`), undefined);
    if (part.endsWith(',')) t.ok(isPassedOn(`${beginning}${ofLength(4000)}}}`), part);
  }
  t.end();
});
