import { readFileSync } from 'node:fs';

/** The package's own: one directory up from the source, two from what was built. */
export function packageVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version;
    } catch {}
  }
  return 'unknown';
}
