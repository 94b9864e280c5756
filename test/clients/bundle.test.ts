import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import t from 'tap';
import { source } from '../support/program.ts';

const root = source('clients');

/** What a browser loads: files, and bytes after minifying and gzip. */
async function bundle(entry: string) {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(root, entry)],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    metafile: true,
    external: ['react', '@tanstack/react-query'],
    logLevel: 'silent',
  });
  const [output] = outputFiles;
  const external = Object.values(metafile.outputs).flatMap((one) => one.imports.map(({ path }) => path));
  return {
    files: Object.keys(metafile.inputs),
    imports: [...new Set(external)].sort(),
    bytes: gzipSync(output?.contents ?? '', { level: 9 }).length,
  };
}

t.test('the client is small in a browser, and brings neither schemas nor texts', async (t) => {
  const { files, bytes } = await bundle('client/index.ts');
  t.comment(`${bytes} bytes`);
  t.ok(bytes > 1000 && bytes <= 12 * 1024, `${bytes} bytes`);
  t.same(
    files.filter((file) => file.includes('node_modules')),
    [],
  );
  t.notOk(files.some((file) => /\/(text|motion|storage)\//.test(file)));
});

t.test('texts are a part of their own', async (t) => {
  const { files, bytes } = await bundle('client/text/index.ts');
  t.ok(bytes <= 6 * 1024, `${bytes} bytes`);
  t.ok(files.some((file) => file.includes('ot-text-unicode')));
});

t.test('hooks are small, and bring no client, and no queries where there are none', async (t) => {
  const { files, bytes, imports } = await bundle('react/index.ts');
  t.comment(`${bytes} bytes`);
  t.ok(bytes > 500 && bytes <= 3 * 1024, `${bytes} bytes`);
  t.same(
    files.filter((file) => !file.startsWith('clients/react/')),
    [],
  );
  t.same(imports, ['react']);
  t.same((await bundle('react/query.ts')).imports, ['@tanstack/react-query', 'react']);
});
