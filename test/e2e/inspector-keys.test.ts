import type { Page } from 'playwright-core';
import t from 'tap';
import { token } from '../native/person.ts';
import { isBrowserThere, openBrowser } from '../support/browser.ts';
import { connect } from '../support/client.ts';
import { startServer } from '../support/servers.ts';

t.setTimeout(550_000);

/** The name of what has the focus. */
const focused = (page: Page) =>
  page.evaluate(`(({ activeElement: one }) => one.getAttribute('aria-label') ?? one.textContent)(document)`);

/** The page asks every two seconds. */
const twoLooks = async (page: Page) => {
  for (let looks = 0; looks < 2; looks++) {
    await page.waitForResponse((response) => new URL(response.url()).pathname.endsWith('/log'));
  }
};

if (isBrowserThere(t)) {
  t.test('whatever happens in the rooms, operators keep the focus, and what they have marked', async (t) => {
    const server = await startServer({ DEMO: '1' });
    t.teardown(() => server.close());
    const join = async (userId: string, roomId: string) => {
      const client = await connect(server.port);
      await client.ask({ type: 'join', roomId, user: { userId } });
      return client;
    };
    const ada = await join('ada', 'r');
    await join('ben', 'r');
    await join('cleo', 's');
    await ada.ask({ type: 'message', roomId: 'r', text: 'Copy this' });
    const page = await (await (await openBrowser(t)).newContext()).newPage();
    const given = JSON.stringify(await token({ sub: 'operator', scope: ['admin'] }));
    await page.addInitScript(`sessionStorage.setItem('admin-token', ${given})`);
    await page.goto(`http://127.0.0.1:${server.port}/inspector`);

    await page.waitForSelector('#log li');
    await page.evaluate(`getSelection().selectAllChildren(document.querySelector('#log .what'))`);
    await ada.ask({ type: 'message', roomId: 'r', text: 'And more' });
    await page.waitForSelector('#log >> text=And more');
    await twoLooks(page);
    t.equal(await page.evaluate('String(getSelection())'), 'Copy this', 'what is marked can be copied');

    await page.focus('[data-user=ben] .kick');
    await join('dana', 'r');
    await page.waitForSelector('[data-user=dana]');
    t.equal(await focused(page), 'Send away ben', 'somebody has come');
    await page.keyboard.press('Enter');
    t.equal(await focused(page), 'Cancel');
    await page.keyboard.press('Escape');
    t.equal(await focused(page), 'Send away ben');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-user=ben]', { state: 'detached' });
    t.equal(await focused(page), 'Send away dana', 'what has come into the place of who was sent away');

    await page.focus('[data-room=s]');
    for (const one of ['e', 'f', 'g', 'h']) await join(one, 's');
    await page.waitForSelector('#rooms tr:first-child [data-room=s]');
    t.equal(await focused(page), 's', 'a room has more members than another');

    await page.setViewportSize({ width: 320, height: 640 });
    t.equal(
      await page.evaluate('document.documentElement.scrollWidth'),
      320,
      'nothing lies beside the window',
    );
  });
}
