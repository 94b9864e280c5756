import { readFile } from 'node:fs/promises';
import { type PageTable, withPages } from './api/pages.ts';
import type { Config } from './config.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { HttpHandler } from './transport/connection.ts';

/** Where `npm run build` puts them, for the built program and for the one that runs from its sources. */
const directory = new URL(import.meta.url.endsWith('.ts') ? '../dist/pages/' : '../pages/', import.meta.url);

export interface OpenPagesOptions {
  config: Config;
  logger: Logger;
  metrics: Metrics;
}

/** What puts the pages before everything else that is answered; undefined: they are not served, or not built. */
export async function openPages({
  config,
  logger,
  metrics,
}: OpenPagesOptions): Promise<((next: HttpHandler) => HttpHandler) | undefined> {
  if (!config.pages) return undefined;
  const read = (file: string) => readFile(new URL(file, directory), 'utf8');
  let table: PageTable;
  try {
    table = JSON.parse(await read('table.json'));
  } catch (error) {
    logger.warn({ err: error }, 'there are no pages to serve: `npm run build` makes them');
    return undefined;
  }
  return (next) =>
    withPages(next, {
      table,
      read,
      onAnswered: (status) => metrics.httpRequests.labels('pages', String(status)).inc(),
      onFault: (error, path) => logger.error({ err: error, path }, 'a page cannot be read'),
    });
}
