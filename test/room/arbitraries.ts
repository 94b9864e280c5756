import fc from 'fast-check';
import type { JsonObject, Operation } from '../../protocol/index.ts';
import type { Entry } from '../../server/room/entry.ts';
import { by, chat, join, leave, on, operate, relay, write } from './entries.ts';

const value = fc.constantFrom<unknown>(
  null,
  true,
  0,
  1,
  2,
  'red',
  '',
  [1],
  [],
  {},
  { x: 1 },
  { deep: { er: null } },
);

const name = fc.constantFrom(
  'color',
  'transform.position.x',
  'transform.position',
  'transform,position',
  '"',
  '1',
  'position_q',
);
const shortName = fc.constantFrom('position_x', 'position_y', 'rotation_x', 'scale_w');
const group = fc.constantFrom('position', 'rotation', 'position.x');
const axis = fc.constantFrom('x', 'y', 'q');

/** Properties, short names, and transforms in wholes and parts, in any order. */
export const data: fc.Arbitrary<JsonObject> = fc
  .array(
    fc.oneof(
      fc.tuple(name, value),
      fc.tuple(shortName, value),
      fc.tuple(
        fc.constant('transform'),
        fc.oneof(value, fc.dictionary(group, fc.oneof(value, fc.dictionary(axis, value)))),
      ),
    ),
    { maxLength: 4 },
  )
  // As from a frame: what is made here has other prototypes.
  .map((pairs) => JSON.parse(JSON.stringify(Object.fromEntries(pairs))));

const id = fc.constantFrom('a', 'b');

export const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ type: fc.constant('update' as const), target: fc.constant('item' as const), id, data }),
  fc.record({ type: fc.constant('update' as const), target: fc.constant('item' as const), id, data }),
  fc.record({ type: fc.constant('add' as const), target: fc.constant('item' as const), id, data }),
  fc.record({ type: fc.constant('remove' as const), target: fc.constant('item' as const), id }),
  fc.record({ type: fc.constant('update' as const), target: fc.constant('scene' as const), data }),
);

const connection = fc.constantFrom('ada-1', 'ada-2', 'bob-1', 'eve-1');
const opId = fc.option(fc.constantFrom('o1', 'o2', 'o3'), { nil: undefined });
const thing = fc.constantFrom('a', 'b', 'sun');
const version = fc.option(fc.nat(12), { nil: undefined });
const textPart = fc.oneof(
  fc.integer({ min: 1, max: 5 }),
  fc.constantFrom('a', '\u{1f600}', '\ud83d'),
  fc.record({ d: fc.integer({ min: 1, max: 3 }) }),
);

const joins = fc
  .tuple(
    connection,
    fc.boolean(),
    fc.constantFrom('n1', 'n2'),
    fc.option(connection, { nil: undefined }),
    fc.constantFrom(1, 2, 20),
  )
  .map(([who, guest, node, replaces, maxUsers]) =>
    join(who, { guest, node, maxUsers, ...(replaces === undefined ? {} : { replaces: [replaces] }) }),
  );

/** Any entry, of members and of strangers, sensible or not. */
export const entry: fc.Arbitrary<Entry> = fc.oneof<fc.Arbitrary<Entry>[]>(
  joins,
  connection.map(leave),
  fc
    .tuple(fc.constantFrom('select', 'unselect', 'join_viewer', 'leave_viewer'), connection, thing)
    .map(([type, who, what]) => on(type, who, what)),
  fc
    .tuple(connection, fc.array(operation, { minLength: 1, maxLength: 4 }), version, opId)
    .map(([who, list, at, op]) =>
      operate(who, list, {
        ...(at === undefined ? {} : { version: at }),
        ...(op === undefined ? {} : { opId: op }),
      }),
    ),
  fc
    .tuple(connection, fc.uuid(), fc.array(operation, { maxLength: 4 }), opId)
    .map(([who, event, operations, op]) =>
      relay(who, event, { operations, ...(op === undefined ? {} : { opId: op }) }),
    ),
  fc
    .tuple(connection, fc.array(textPart, { maxLength: 4 }), fc.nat(6), opId)
    .map(([who, parts, at, op]) => write(who, parts, at, op === undefined ? {} : { opId: op })),
  fc
    .tuple(connection, fc.uuid(), opId)
    .map(([who, message, op]) => chat(who, message, op === undefined ? {} : { opId: op })),
  fc
    .tuple(connection, thing)
    .map(([who, what]) => ({ type: 'expire', at: 7, connection: by(who).connection, thing: what }) as const),
  fc.constantFrom('n1', 'n2').map((node) => ({ type: 'nodeGone', at: 8, node }) as const),
  fc.tuple(fc.uuid(), opId).map(
    ([id, op]) =>
      ({
        type: 'event',
        at: 9,
        by: { connection: 'request', userId: 'backend' },
        id,
        event: 'x',
        data: { y: 1 },
        ...(op === undefined ? {} : { opId: op }),
      }) as const,
  ),
);

/** A history in which somebody is usually there. */
export const history: fc.Arbitrary<Entry[]> = fc
  .array(entry, { maxLength: 40 })
  .map((entries) => [join('ada-1'), join('bob-1'), ...entries]);
