import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { plain } from './e2e/plain-process.ts';
import { source } from './support/program.ts';
import { snippetsIn } from './support/snippets.ts';

t.setTimeout(120_000);

const root = source('');
const read = (name: string) => readFileSync(join(root, name), 'utf8');

/** What a reader has: functions of the application's own, and what the blocks before have made. */
const context = `
import type { Config, Logger, Server } from 'tandem';
import type { Room } from 'tandem/client';
declare global {
  const room: Room;
  const createServer: typeof import('tandem').createServer;
  const config: Config;
  const logger: Logger;
  const server: Server;
  function freshToken(): Promise<string>;
  const drawPeople: (users: readonly { name?: string }[]) => void;
  const draw: (id: string, item: object | undefined) => void;
  const drawCursor: (userId: string, position: unknown) => void;
  const drawCamera: (camera: object | undefined) => void;
  const colorIn: (roomId: string) => string;
  const isSpam: (text: string) => boolean;
  const count: (userId: string, roomId: string, reason: string) => void;
}
`;

const project = {
  compilerOptions: {
    strict: true,
    target: 'es2022',
    lib: ['es2023', 'dom', 'dom.iterable'],
    module: 'nodenext',
    jsx: 'react-jsx',
    types: ['node'],
    noEmit: true,
    skipLibCheck: true,
  },
};

/** Each stands in its file where it stands in the README, so that the compiler names its lines. */
const snippets = snippetsIn(read('README.md'), ['ts', 'tsx']).map(
  ({ line, language, code }) =>
    [`README-${line}.${language}`, `${'\n'.repeat(line - 1)}${code}export {};\n`] as const,
);

/** Resolves with what it says. */
function tsc(cwd: string, ...args: string[]): Promise<string> {
  const program = join(root, 'node_modules', '.bin', 'tsc');
  const [command, ...all] = plain([program, '--pretty', 'false', ...args]);
  return new Promise((resolve) => execFile(command, all, { cwd }, (_, stdout) => resolve(stdout)));
}

t.test('what the README shows in TypeScript compiles against the package as it is published', async (t) => {
  // Below the project, so that what the package depends on is found from there.
  const reader = t.testdir({
    'package.json': '{"type": "module"}',
    'tsconfig.json': JSON.stringify(project),
    'context.d.ts': context,
    ...Object.fromEntries(snippets),
    node_modules: { tandem: { 'package.json': read('package.json') } },
  });
  const dist = join(reader, 'node_modules', 'tandem', 'dist');
  // That the sources are sound is checked elsewhere.
  const declarations = ['--emitDeclarationOnly', '--noCheck', '--sourceMap', 'false', '--outDir', dist];
  t.equal(await tsc(root, '-p', 'tsconfig.build.json', ...declarations), '');
  const faults = (await tsc(reader, '-p', '.')).trim();
  t.equal(faults, '', faults);
  t.ok(snippets.length > 5, 'the snippets were found');
});
