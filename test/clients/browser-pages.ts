import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import type { Test } from 'tap';
import { openBrowser } from '../support/browser.ts';
import { source } from '../support/program.ts';
import { clientStage } from './stage.ts';

/** What a page loads. */
async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        export { connect } from './clients/client/index.ts';
        export { indexedDbOutbox } from './clients/client/storage/index.ts';
      `,
      resolveDir: source(''),
    },
    bundle: true,
    format: 'iife',
    globalName: 'tandem',
    platform: 'browser',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

/** A WebSocket by which a client gets in, and nothing that it says then: it waits for all of it. */
const DEAF = `globalThis.Deaf = class extends WebSocket {
  send(text) { if (/"type":"(join|auth)"/.test(text)) super.send(text); }
}; null`;

/** How many commands a page has kept. */
export const rows = (page: Page) =>
  page.evaluate(
    `new Promise((resolve) => {
      const opening = indexedDB.open('tandem-outbox:test', 1);
      opening.onsuccess = () => {
        const all = opening.result.transaction('commands').objectStore('commands').getAll();
        all.onsuccess = () => { opening.result.close(); resolve(all.result.length); };
      };
    })`,
  ) as Promise<number>;

export async function kept(page: Page, count: number): Promise<void> {
  while ((await rows(page)) !== count) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A server, somebody in the room, and pages of the server's own origin. */
export async function pages(t: Test, host = '127.0.0.1') {
  const at = await clientStage(t, { HEARTBEAT_GRACE_MS: '900000' });
  const ben = at.client().join('r', { user: { userId: 'ben' } });
  await ben.joined;
  const browser = await openBrowser(t, ['--disable-gpu', '--host-resolver-rules=MAP tandem.test 127.0.0.1']);
  const context = await browser.newContext();
  const script = await bundled();
  return {
    at,
    ben,
    async open() {
      const page = await context.newPage();
      await page.goto(`http://${host}:${at.server.port}/health`);
      return page;
    },
    /** With the client as `tandem`, and `Deaf`. */
    async run(page: Page, code: string) {
      await page.evaluate(script.replace('var tandem', 'globalThis.tandem'));
      await page.evaluate(DEAF);
      return page.evaluate(code);
    },
  };
}
