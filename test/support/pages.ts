import { fileURLToPath } from 'node:url';
import { buildPages } from '../../server/bundle-pages.ts';

/** Builds the pages to where a server that runs from its sources finds them. */
export async function pagesBuilt(): Promise<void> {
  await buildPages(fileURLToPath(new URL('../../dist', import.meta.url)));
}
