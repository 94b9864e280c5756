import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import t from 'tap';

const root = fileURLToPath(new URL('../../clients/client/', import.meta.url));

/** What a browser loads: files, and bytes after minifying and gzip. */
async function bundle(entry: string) {
  const { outputFiles, metafile } = await build({
    entryPoints: [`${root}${entry}`],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const [output] = outputFiles;
  return {
    files: Object.keys(metafile.inputs),
    bytes: gzipSync(output?.contents ?? '', { level: 9 }).length,
  };
}

t.test('the client is small in a browser, and brings neither schemas nor texts', async (t) => {
  const { files, bytes } = await bundle('index.ts');
  t.comment(`${bytes} bytes`);
  t.ok(bytes > 1000 && bytes <= 12 * 1024, `${bytes} bytes`);
  t.same(
    files.filter((file) => file.includes('node_modules')),
    [],
  );
  t.notOk(files.some((file) => /\/(text|motion|storage)\//.test(file)));
});

t.test('texts are a part of their own', async (t) => {
  const { files, bytes } = await bundle('text/index.ts');
  t.ok(bytes <= 6 * 1024, `${bytes} bytes`);
  t.ok(files.some((file) => file.includes('ot-text-unicode')));
});
