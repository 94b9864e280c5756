import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import t from 'tap';
import { isBrowserThere, openBrowser } from '../support/browser.ts';
import { source } from '../support/program.ts';
import { startServer } from '../support/servers.ts';

t.setTimeout(550_000);

const readme = readFileSync(source('README.md'), 'utf8');
const page = /```html\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';

t.test('the first page of the README is short', async (t) => {
  t.match(page, "new WebSocket('ws://127.0.0.1:3001/ws', 'tandem.v1')");
  t.ok(page.trim().split('\n').length < 30);
});

if (isBrowserThere(t)) {
  t.test('the first page of the README shows in one window what is done in another', async (t) => {
    const server = await startServer();
    t.teardown(() => server.close());
    const directory = t.testdir({ 'page.html': page.replace(':3001', `:${server.port}`) });
    const browser = await openBrowser(t);
    const faults: string[] = [];
    const open = async () => {
      const one = await browser.newPage();
      one.on('pageerror', (error) => faults.push(error.message));
      await one.goto(`file://${join(directory, 'page.html')}`);
      return one;
    };
    const dot = (one: Page) => one.locator('span', { hasText: '●' });
    const [ada, ben] = [await open(), await open()];
    // What is said before the connection is there is lost: it is done again until it is seen.
    for (let y = 30; (await dot(ben).count()) === 0; y += 1) {
      await ada.mouse.click(40, y);
      await ada.waitForTimeout(50);
    }
    await dot(ada).first().waitFor();
    t.match(await dot(ben).first().getAttribute('style'), /^left: 40px; top: 3\d+px;$/);
    await ada.mouse.move(70, 80);
    const pointer = ben.locator('span', { hasText: '➤' });
    await pointer.waitFor();
    while ((await pointer.getAttribute('style')) !== 'left: 70px; top: 80px;') await ben.waitForTimeout(20);
    const late = await open();
    await dot(late).first().waitFor();
    t.equal(await dot(late).count(), await dot(ada).count(), 'who comes later sees all of it');
    t.equal(await ada.locator('span', { hasText: '➤' }).count(), 0, 'nobody sees the own pointer');
    t.same(faults, []);
  });
}
