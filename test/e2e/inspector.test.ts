import type { Page } from 'playwright-core';
import t from 'tap';
import { token } from '../native/person.ts';
import { isBrowserThere, openBrowser } from '../support/browser.ts';
import { connect } from '../support/client.ts';
import { startServer } from '../support/servers.ts';

t.setTimeout(550_000);

async function enter(page: Page, given: string): Promise<void> {
  await page.fill('#token', given);
  await page.press('#token', 'Enter');
}

if (isBrowserThere(t)) {
  t.test('operators see the rooms, who is there and what happened, and send somebody away', async (t) => {
    const server = await startServer({ DEMO: '1' });
    t.teardown(() => server.close());
    const [ada, ben] = await Promise.all(['ada', 'ben'].map(() => connect(server.port)));
    if (ada === undefined || ben === undefined) throw new Error('there are two clients');
    const name = '<img src=x onerror=alert(1)>';
    await ada.ask({ type: 'join', roomId: 'r', user: { userId: 'ada', name: 'Ada' } });
    await ben.ask({ type: 'join', roomId: 'r', user: { userId: 'ben/1', name } });
    await ada.ask({
      type: 'sceneOperation',
      operation: { type: 'add', target: 'item', id: 'chair', data: { color: 'red' } },
    });
    await ben.ask({ type: 'message', text: 'A red chair' });
    await ben.ask({ type: 'operation', documentId: 'notes', operation: ['Hi'], version: 0 });
    await ben.ask({ type: 'message', text: '' });

    const browser = await openBrowser(t);
    const page = await (await browser.newContext()).newPage();
    const faults: string[] = [];
    page.on('pageerror', ({ message }) => faults.push(message));
    page.on('dialog', (dialog) => faults.push(dialog.message()));
    page.on('console', (one) => /Security Policy|TrustedHTML/.test(one.text()) && faults.push(one.text()));
    await page.goto(`http://127.0.0.1:${server.port}/inspector`);
    await enter(page, 'no token');
    await page.waitForSelector('#why >> text=The token cannot be verified.');
    await enter(page, await token({ sub: 'eve' }));
    await page.waitForSelector('#why >> text=/scope/');
    t.notOk(await page.isVisible('#board'));

    await enter(page, await token({ sub: 'operator', scope: ['admin'] }));
    await page.waitForSelector('#board:not([hidden])');
    t.equal(await page.evaluate('Object.keys(localStorage).length + document.cookie.length'), 0);
    await page.click('[data-room=r]');
    await page.waitForSelector('#log li');
    const log = await page.locator('#log li').allTextContents();
    t.match(log[0], /text.*notes v1 \["Hi"\]/);
    t.match(log[1], 'A red chair');
    t.match(log[2], 'add chair {"id":"chair","color":"red"}');
    t.same(await page.locator('#members b').allTextContents(), ['Ada', name], 'what users say stays text');
    await page.waitForSelector('[data-code=INVALID_FIELD]');
    await page.waitForSelector('[data-figure=Connections] strong >> text="2"');
    await page.waitForSelector('[data-figure=Lagging] strong >> text="0"');

    await page.click('[data-user="ben/1"] .kick');
    await page.click('#kick .danger');
    t.match(await ben.closed, { code: 4103 });
    await page.waitForSelector('#done >> text=was sent away: 1 connection ended.');
    await page.waitForSelector('[data-user="ben/1"]', { state: 'detached' });
    t.same(await page.locator('#members b').allTextContents(), ['Ada']);

    await page.reload();
    await page.waitForSelector('#board:not([hidden])');
    await page.click('#sign-out');
    t.equal(await page.evaluate(`sessionStorage.getItem('admin-token')`), null);
    await page.waitForSelector('#sign-in:not([hidden])');
    t.same(faults, []);
  });
}
