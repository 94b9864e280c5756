import { readFileSync } from 'node:fs';
import t from 'tap';
import { documentPaths, withTables } from './support/document-tables.ts';
import { source } from './support/program.ts';

const read = (path: string) => readFileSync(source(path), 'utf8');

t.test('the tables of the documents are those of the code: run npm run generate', async (t) => {
  for (const path of documentPaths) t.equal(read(path), withTables(path, read(path)), path);
});

t.test('the README gives every production dependency its reason', async (t) => {
  const { dependencies } = JSON.parse(read('package.json'));
  for (const name of Object.keys(dependencies)) t.match(read('README.md'), `| \`${name}\` |`, name);
});
