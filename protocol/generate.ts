import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { documents } from './documents.ts';

// Writes the documents; `npm run generate`. The only file of this folder with I/O, and no part of the build.
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
for (const [path, content] of documents(version)) {
  const file = new URL(path, import.meta.url);
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(file, content);
}
