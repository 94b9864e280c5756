import { readFileSync, writeFileSync } from 'node:fs';
import { documentPaths, withTables } from './document-tables.ts';

for (const path of documentPaths) {
  const file = new URL(`../../${path}`, import.meta.url);
  writeFileSync(file, withTables(path, readFileSync(file, 'utf8')));
}
