import { mkdirSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { built } from './program.ts';

/*
 * The definitions of messages are nearly three hundred small modules, and the test runner looks at each module that
 * is loaded in each of hundreds of processes. For what is built with the tests, they are one.
 */
const directory = built('node_modules/typebox');
mkdirSync(directory, { recursive: true });
await build({
  stdin: { contents: "export * from 'typebox'; export { default } from 'typebox';", resolveDir: '.' },
  outfile: `${directory}/index.js`,
  bundle: true,
  format: 'esm',
  platform: 'node',
});
writeFileSync(`${directory}/package.json`, JSON.stringify({ type: 'module', exports: './index.js' }));
