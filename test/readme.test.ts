import { readFileSync } from 'node:fs';
import t from 'tap';
import { source } from './support/program.ts';
import { withTables } from './support/readme-tables.ts';

const readme = readFileSync(source('README.md'), 'utf8');

t.test('the tables of the README are those of the code: run npm run generate', async (t) => {
  t.equal(readme, withTables(readme));
});

t.test('the README gives every production dependency its reason', async (t) => {
  const { dependencies } = JSON.parse(readFileSync(source('package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) t.match(readme, `| \`${name}\` |`, name);
});
