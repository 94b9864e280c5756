import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import type { PageFile } from './api/pages.ts';

/*
 * Builds the pages into `dist/pages` (or `pages` in the directory that is named): all that they need, under names
 * that change with the content, and `table.json`, by which the server knows what there is.
 */
const source = fileURLToPath(new URL('../clients/page', import.meta.url));

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Each page: its path, its entry point, and its style sheet. */
const pages = [
  { path: '/', name: 'demo' },
  { path: '/inspector', name: 'inspector' },
] as const;

export async function buildPages(built = 'dist'): Promise<void> {
  const directory = join(built, 'pages');
  mkdirSync(directory, { recursive: true });
  const { outputFiles, metafile } = await build({
    entryPoints: pages.flatMap(({ name }) => [`${name}/main.ts`, `${name}/style.css`]),
    absWorkingDir: source,
    outdir: join(source, 'out'),
    outbase: source,
    entryNames: '[dir]-[hash]',
    chunkNames: 'part-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['es2022', 'chrome110', 'firefox115', 'safari16.4'],
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  const table: Record<string, PageFile> = {};
  const put = (path: string, file: string, text: string, immutable: boolean) => {
    const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 20)}"`;
    writeWhole(join(directory, file), text);
    table[path] = { file, type: types[extname(file)] ?? 'text/plain', etag, immutable };
  };
  for (const { path, text } of outputFiles) put(`/pages/${basename(path)}`, basename(path), text, true);
  const iconText = readFileSync(join(source, 'icon.svg'), 'utf8');
  const icon = `icon-${createHash('sha256').update(iconText).digest('hex').slice(0, 8).toUpperCase()}.svg`;
  put(`/pages/${icon}`, icon, iconText, true);
  for (const { path, name } of pages) {
    const html = readFileSync(join(source, `${name}/index.html`), 'utf8')
      .replace('{icon}', `/pages/${icon}`)
      .replace('{style}', `/pages/${outputOf(metafile, `${name}/style.css`)}`)
      .replace('{script}', `/pages/${outputOf(metafile, `${name}/main.ts`)}`);
    put(path, `${name}.html`, html, false);
  }
  writeWhole(join(directory, 'table.json'), `${JSON.stringify(table, null, 1)}\n`);
  const files = new Set(['table.json', ...Object.values(table).map(({ file }) => file)]);
  for (const name of readdirSync(directory))
    if (!files.has(name) && !unfinished.test(name)) rmSync(join(directory, name), { force: true });
}

function outputOf({ outputs }: Metafile, entry: string): string {
  const found = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === entry);
  if (found === undefined) throw new Error(`nothing was made of ${entry}`);
  return basename(found[0]);
}

const unfinished = /\.\d+$/;

/** Whoever reads it meanwhile finds the earlier one, or this one. */
function writeWhole(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  const begun = `${path}.${process.pid}`;
  writeFileSync(begun, text);
  renameSync(begun, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPages(process.argv[2]);
