import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import t from 'tap';
import { documentPaths, withTables } from './support/document-tables.ts';
import { source } from './support/program.ts';

const read = (path: string) => readFileSync(source(path), 'utf8');

t.test('the tables of the documents are those of the code: run npm run generate', async (t) => {
  for (const path of documentPaths) t.equal(read(path), withTables(path, read(path)), path);
});

/** All of the project: of a folder's own, not of what is below. */
const documents = ['.', 'protocol', 'server', 'clients', 'deploy', 'bench'].flatMap((folder) =>
  readdirSync(source(folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => posix.join(folder, name)),
);

const withoutCode = (markdown: string) => markdown.replace(/^```[\s\S]*?^```$/gm, '');

/** As GitHub makes them of headings. */
function anchorsIn(markdown: string): string[] {
  return [...withoutCode(markdown).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

t.test('every link between the documents leads somewhere', async (t) => {
  const links = documents.flatMap((path) =>
    [...withoutCode(read(path)).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].map(
      ([link, to = '', anchor]) => ({ path, link, to: to && posix.join(posix.dirname(path), to), anchor }),
    ),
  );
  const lost = links.filter(
    ({ path, to, anchor }) =>
      !existsSync(source(to || path)) ||
      (anchor !== undefined && !anchorsIn(read(to || path)).includes(anchor)),
  );
  t.same(lost, []);
  t.ok(
    links.some(({ to, anchor }) => to === 'README.md' && anchor),
    'they were found',
  );
});

t.test('the README gives every production dependency its reason', async (t) => {
  const { dependencies } = JSON.parse(read('package.json'));
  for (const name of Object.keys(dependencies)) t.match(read('README.md'), `| \`${name}\` |`, name);
});
