import t from 'tap';
import {
  type Import,
  readText,
  type Source,
  sourceOf,
  sourcesIn,
  withoutComments,
} from './support/sources.ts';

const sources = sourcesIn('protocol', 'server', 'clients', 'bench/load');
const tests = sourcesIn('test');

/**
 * What the files of a folder may import, beside the folder itself: folders end in `/`; files, packages and
 * modules of Node's own are named. `types`: only what is gone when the program runs.
 */
interface Border {
  readonly folder: string;
  readonly values: readonly string[];
  readonly types?: readonly string[];
}

const borders: readonly Border[] = [
  { folder: 'protocol/', values: ['typebox'] },
  {
    folder: 'clients/client/',
    // Nothing that brings the schemas into a browser.
    values: ['protocol/properties.ts', 'protocol/limits.ts', 'protocol/close-texts.ts', 'ot-text-unicode'],
    types: ['protocol/'],
  },
  {
    folder: 'clients/react/',
    values: ['react', '@tanstack/react-query'],
    // The client is the application's: hooks work with what they are given.
    types: ['clients/client/'],
  },
  {
    folder: 'clients/examples/',
    values: ['clients/client/', 'clients/backend/', 'socket.io-client', 'eventsource'],
  },
  { folder: 'clients/page/', values: ['clients/client/', 'three'], types: ['protocol/'] },
  { folder: 'bench/load/', values: ['node:', 'jose'] },
  { folder: 'server/room/', values: ['protocol/', 'ot-text-unicode'] },
  { folder: 'server/log/', values: ['server/clock.ts', 'lmdb', '@redis/client', 'node:'] },
  { folder: 'server/peers/', values: ['server/clock.ts', 'server/log/nodes.ts'] },
  {
    folder: 'server/outbound/',
    values: [
      'protocol/',
      'server/clock.ts',
      'server/own-name.ts',
      'lru-cache',
      'p-limit',
      'node:crypto',
      'node:events',
    ],
    types: ['server/dispatch/', 'server/log/', 'server/room/', 'server/dialect/'],
  },
  {
    folder: 'server/directory/',
    values: ['protocol/', 'server/log/lasting-log.ts', 'server/own-name.ts'],
    types: ['server/log/log.ts'],
  },
  { folder: 'server/dialect/', values: ['protocol/', 'xss'], types: ['server/room/'] },
  {
    folder: 'server/fanout/',
    values: ['protocol/', 'server/room/', 'server/dialect/', 'server/clock.ts', 'server/small-map.ts'],
    types: ['server/transport/connection.ts'],
  },
  {
    folder: 'server/dispatch/',
    values: [
      'protocol/',
      'server/clock.ts',
      'server/small-map.ts',
      'jose',
      'ajv',
      'node:crypto',
      'node:util',
    ],
    types: ['server/room/entry.ts', 'server/fanout/', 'server/dialect/', 'server/directory/project.ts'],
  },
  {
    folder: 'server/api/',
    values: [
      'protocol/',
      'server/dispatch/',
      'server/log/log.ts',
      'server/peers/peers.ts',
      'server/transport/http-body.ts',
      'server/transport/cors.ts',
      'server/transport/event-stream/refusals.ts',
      'ajv',
      'find-my-way',
    ],
    types: [
      'server/transport/connection.ts',
      'server/transport/event-stream/',
      'server/backend/',
      'server/directory/',
    ],
  },
  {
    folder: 'server/backend/',
    values: [
      'protocol/',
      'server/own-name.ts',
      'server/room/state.ts',
      'server/dialect/manifest.ts',
      'server/dialect/present.ts',
      'server/fanout/',
      'server/dispatch/size.ts',
    ],
    types: [
      'server/dialect/',
      'server/dispatch/',
      'server/log/',
      'server/peers/',
      'server/room/',
      'server/tracking/',
    ],
  },
  {
    folder: 'server/tracking/',
    values: ['protocol/', 'server/log/log.ts', 'server/own-name.ts', 'node:util'],
  },
];

/** What only some may import: a folder for its own files, and those that are named. */
const reserved: readonly { readonly what: readonly string[]; readonly by: RegExp }[] = [
  { what: ['uWebSockets.js', 'ws'], by: /^server\/transport\// },
  { what: ['ot-text-unicode'], by: /^(server\/room|clients\/client\/text)\// },
  // Who has no queries need not install them.
  { what: ['@tanstack/react-query'], by: /^clients\/react\/query\.ts$/ },
  { what: ['lmdb'], by: /^server\/log\/lmdb[^/]*\.ts$/ },
  { what: ['@redis/client'], by: /^server\/log\/redis[^/]*\.ts$/ },
  {
    what: ['server/log/lmdb.ts', 'server/log/memory.ts', 'server/log/redis.ts'],
    by: /^server\/(assembly\/open-store\.ts|log\/)/,
  },
  {
    what: ['server/transport/create.ts', 'server/transport/http-server.ts'],
    by: /^server\/((server|assembly\/open-transport)\.ts|transport\/)/,
  },
  {
    what: ['server/dialect/vocabularies/'],
    by: /^server\/((server|assembly\/open-transport)\.ts|dialect\/vocabularies\/)/,
  },
];

/** Imports across a border, each with its reason. */
const exceptions: readonly { readonly file: string; readonly target: string; readonly reason: string }[] = [
  { file: 'protocol/generate.ts', target: 'node:fs', reason: 'writes the documents; no part of the build' },
  { file: 'clients/examples/native.ts', target: 'ws', reason: 'for a Node that has no WebSocket of its own' },
  { file: 'server/commands/watch.ts', target: 'ws', reason: 'a client, on the command line' },
];

const MAX_LINES = 250;

const isExcepted = (file: string, target: string) =>
  exceptions.some((one) => one.file === file && one.target === target);

const covers = (pattern: string, target: string) =>
  pattern.endsWith('/') || pattern.endsWith(':') ? target.startsWith(pattern) : target === pattern;

/** Sentences about what crosses the borders. */
function crossings({ path, imports }: Source): string[] {
  const border = borders.find(({ folder }) => path.startsWith(folder));
  const taken = reserved.filter(({ by }) => !by.test(path)).flatMap(({ what }) => what);
  return imports
    .filter(({ target }) => !isExcepted(path, target))
    .flatMap((one) => {
      const kind = one.typeOnly ? 'types of ' : '';
      const sentences: string[] = [];
      if (border !== undefined && !isWithin(border, one)) {
        sentences.push(`${path} imports ${kind}${one.target}, which ${border.folder} must not`);
      }
      if (taken.some((what) => covers(what, one.target))) {
        sentences.push(`${path} imports ${kind}${one.target}, which is reserved`);
      }
      return sentences;
    });
}

function isWithin({ folder, values, types = [] }: Border, { target, typeOnly }: Import): boolean {
  return [folder, ...values, ...(typeOnly ? types : [])].some((one) => covers(one, target));
}

t.test('imports point one way', async (t) => {
  t.same(sources.flatMap(crossings), []);
  const unused = exceptions.filter(
    ({ file, target }) =>
      !sources.some((one) => one.path === file && one.imports.some((it) => it.target === target)),
  );
  t.same(unused, [], 'every exception is needed');
});

t.test('every import names its module literally, and nothing outside of the program', async (t) => {
  const paths = new Set(sources.map(({ path }) => path));
  const faults = sources.flatMap(({ path, text, imports }) => [
    ...(/\bimport\((?!\s*['"])/.test(withoutComments(text)) ? [`${path} computes what it imports`] : []),
    ...imports
      .filter(({ target }) => /\.tsx?$/.test(target) && !paths.has(target))
      .map(({ target }) => `${path} imports ${target}, which is no part of the program`),
  ]);
  t.same(faults, []);
});

/** A folder of server/ is one stage; a file beside them stands for itself. */
const stageOf = (path: string) => path.split('/').slice(0, 2).join('/');

function findCycle(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>();
  const visit = (stage: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(stage)) return [...way.slice(way.indexOf(stage)), stage];
    if (done.has(stage)) return undefined;
    for (const next of edges.get(stage) ?? []) {
      const cycle = visit(next, [...way, stage]);
      if (cycle !== undefined) return cycle;
    }
    done.add(stage);
    return undefined;
  };
  for (const stage of edges.keys()) {
    const cycle = visit(stage, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function stageEdges(from: readonly Source[]): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>();
  for (const { path, imports } of from) {
    for (const { target, typeOnly } of imports) {
      if (typeOnly || !target.startsWith('server/') || stageOf(target) === stageOf(path)) continue;
      edges.set(stageOf(path), (edges.get(stageOf(path)) ?? new Set()).add(stageOf(target)));
    }
  }
  return edges;
}

t.test('no two stages import each other, however far around', async (t) => {
  t.equal(findCycle(stageEdges(sources))?.join(' → '), undefined, 'there is no cycle');
});

const IMPURE =
  /\b(?:Date\.now|new Date\(\s*\)|Math\.random|performance\b|hrtime|setTimeout|setInterval|setImmediate|random(?:Bytes|UUID|Int|FillSync)|getRandomValues)/;

t.test('time and randomness are inputs of room, fan-out, dispatch and dialect', async (t) => {
  const faults = sources
    .filter(({ path }) => /^server\/(room|fanout|dispatch|dialect)\//.test(path))
    .flatMap(({ path, text }) => {
      const found = IMPURE.exec(withoutComments(text));
      return found === null ? [] : [`${path} uses ${found[0]} instead of what it is given`];
    });
  t.same(faults, []);
});

t.test('files are named for what they are', async (t) => {
  const vague = [...sources, ...tests].filter(({ path }) =>
    /manager|helper|util|service|processor/i.test(path),
  );
  t.same(
    vague.map(({ path }) => `${path} does not say what it is`),
    [],
  );
});

t.test('files hold one concept', async (t) => {
  const faults = sources.flatMap(({ path, text }) => {
    const count = text.split('\n').length - 1;
    return count > MAX_LINES ? [`${path} has ${count} lines: it wants to be two files`] : [];
  });
  t.same(faults, []);
});

/** Ids of rules at the beginning of a title, one or several: how a test quotes a rule. */
function quotedIn(text: string): string[] {
  const heads = [...text.matchAll(/(?<=['"`])(?:\[[A-Z]{2}\d+\] ?)+/g)].join(' ');
  return [...heads.matchAll(/\[(\w+)\]/g)].map(([, id]) => id as string);
}

t.test('every rule of the protocol is quoted by a test, and every quoted rule exists', async (t) => {
  const spec = readText('protocol/SPEC.md');
  const rules = [...spec.matchAll(/^- \*\*([A-Z]{2}\d+)\*\*/gm)].map(([, id]) => id as string);
  const quotes = tests.flatMap(({ path, text }) => quotedIn(text).map((id) => ({ path, id })));
  const faults = [
    ...rules.filter((id, at) => rules.indexOf(id) !== at).map((id) => `${id} stands twice in SPEC.md`),
    ...rules.filter((id) => !quotes.some((one) => one.id === id)).map((id) => `no test quotes ${id}`),
    ...quotes
      .filter(({ id }) => !rules.includes(id))
      .map(({ path, id }) => `${path} quotes ${id}, which is no rule`),
  ];
  t.ok(rules.length > 0, 'SPEC.md has rules');
  t.same(faults, []);
});

t.test('the checks see what they look for', async (t) => {
  const source = sourceOf(
    'server/room/a.ts',
    [
      "import { one } from './b.ts';",
      "import type { Two } from '../log/log.ts';",
      'import {\n  type Three,\n} from "../../protocol/index.ts";',
      "export * from '@scope/four/deep.js';",
      "import 'node:fs';",
      "const five = await import('lmdb'); // import('six')",
      "/* import seven from 'seven';\nimport eight from 'eight'; */",
      "export function transfer(from: string): void { say('from'); }",
    ].join('\n'),
  );
  t.same(source.imports, [
    { target: 'server/room/b.ts', typeOnly: false },
    { target: 'server/log/log.ts', typeOnly: true },
    { target: 'protocol/index.ts', typeOnly: false },
    { target: '@scope/four', typeOnly: false },
    { target: 'node:fs', typeOnly: false },
    { target: 'lmdb', typeOnly: false },
  ]);
  t.same(crossings(source), [
    'server/room/a.ts imports types of server/log/log.ts, which server/room/ must not',
    'server/room/a.ts imports @scope/four, which server/room/ must not',
    'server/room/a.ts imports node:fs, which server/room/ must not',
    'server/room/a.ts imports lmdb, which server/room/ must not',
    'server/room/a.ts imports lmdb, which is reserved',
  ]);
  const around = [
    sourceOf('server/a/a.ts', "import '../b/b.ts';"),
    sourceOf('server/b/b.ts', "import '../c.ts';"),
    sourceOf('server/c.ts', "import { type A } from './a/a.ts';"),
  ];
  t.same(findCycle(stageEdges(around)), ['server/a', 'server/b', 'server/c.ts', 'server/a']);
});
