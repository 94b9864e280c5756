import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const PARTS = 'program-';

/*
 * Puts the built program (in `dist`, or the directory that is named) into few files, with the definitions of
 * messages, of which there are most: reading hundreds of small ones is half of the time until a server listens.
 * What programs import stays as it is.
 */
const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: object };

const [, , built = 'dist'] = process.argv;

// Those of earlier builds have other names.
for (const name of readdirSync(`${built}/server`)) {
  if (name.startsWith(PARTS)) rmSync(`${built}/server/${name}`);
}

await build({
  entryPoints: { main: `${built}/server/main.js`, worker: `${built}/bench/load/worker.js` },
  outdir: `${built}/server`,
  allowOverwrite: true,
  bundle: true,
  splitting: true,
  chunkNames: `${PARTS}[name]-[hash]`,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  external: Object.keys(dependencies).filter((name) => name !== 'typebox'),
});

/** What a browser loads of the client. */
const { outputFiles } = await build({
  entryPoints: [`${built}/clients/client/index.js`],
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  write: false,
});
const { length } = gzipSync(outputFiles[0]?.contents ?? '', { level: 9 });
process.stderr.write(`tandem/client: ${(length / 1024).toFixed(1)} KiB, minified and gzipped\n`);
