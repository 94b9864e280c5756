import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { source } from './program.ts';

const root = source('');

/** One TypeScript file, by its path from the root of the project. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

export interface Import {
  /** A path from the root of the project, `node:` and a module of Node's own, or the name of a package. */
  readonly target: string;
  /** Nothing of it is left when the program runs. */
  readonly typeOnly: boolean;
}

/** All TypeScript files below these folders, in the order of their paths. */
export function sourcesIn(...folders: string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => sourceOf(posix.join(folder, name), readText(posix.join(folder, name))))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
  );
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

// Statements stand at the beginning of a line (the formatter sees to that), so that comments and strings do
// not look like them. `import { type A }` is no type-only import: the module is still loaded.
const STATEMENT = /^(?:import|export)\s+(type\s+(?!from\b))?(?:[\w$*{},\s]*?\bfrom\s+)?['"]([^'"]+)['"]/gm;
const CALL = /\b(?:import|require|require\.resolve)\(\s*['"]([^'"]+)['"]/g;

export function sourceOf(path: string, text: string): Source {
  const code = withoutComments(text);
  const imports = [
    ...[...code.matchAll(STATEMENT)].map(([, type, name]) => ({
      target: targetOf(path, name as string),
      typeOnly: type !== undefined,
    })),
    ...[...code.matchAll(CALL)].map(([, name]) => ({
      target: targetOf(path, name as string),
      typeOnly: false,
    })),
  ];
  return { path, text, imports };
}

function targetOf(path: string, name: string): string {
  if (name.startsWith('.')) return posix.join(posix.dirname(path), name);
  if (name.startsWith('node:')) return name;
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

// Strings come first, so that what looks like a comment inside them stays.
const STRING_OR_COMMENT =
  /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;

export function withoutComments(text: string): string {
  return text.replace(STRING_OR_COMMENT, (found) => (/^\/[/*]/.test(found) ? '' : found));
}
