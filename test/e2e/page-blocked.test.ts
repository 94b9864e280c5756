import t from 'tap';
import { token } from '../native/person.ts';
import { isBrowserThere, openBrowser } from '../support/browser.ts';
import { startServer } from '../support/servers.ts';
import { noWebGl } from './page-windows.ts';

t.setTimeout(550_000);

/** As where somebody lets sites store nothing. */
const noStorage = `Object.defineProperty(window, 'sessionStorage', {
  get() { throw new DOMException('Access is denied for this document.', 'SecurityError'); },
});`;

if (isBrowserThere(t)) {
  const browser = await openBrowser(t);
  const server = await startServer({ DEMO: '1' });
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${server.port}`;

  t.test('where a page may store nothing, it works for as long as it is not loaded anew', async (t) => {
    const page = await (await browser.newContext()).newPage();
    await page.addInitScript(`${noWebGl}${noStorage}`);
    await page.goto(url);
    await page.waitForSelector('#status[data-status=open]');
    await page.click('#people button');
    await page.fill('#name', 'Ada');
    await page.click('#profile .primary');
    await page.waitForSelector('#people [aria-label^=Ada]');
    t.pass('also with a name of one’s own');
    await page.goto(`${url}/inspector`);
    await page.fill('#token', await token({ sub: 'operator', scope: ['admin'] }));
    await page.press('#token', 'Enter');
    await page.waitForSelector('#board:not([hidden])');
  });

  t.test('a token that is given there lets one in, and does not stay in the address', async (t) => {
    const guarded = await startServer({ DEMO: '1', AUTH: 'required' });
    t.teardown(() => guarded.close());
    const page = await (await browser.newContext()).newPage();
    await page.addInitScript(`${noWebGl}${noStorage}`);
    await page.goto(`http://127.0.0.1:${guarded.port}/?room=a`);
    for (const wrong of ['  ', '+&#%']) {
      await page.fill('#token', wrong);
      await Promise.all([page.waitForEvent('load'), page.click('#sign-in button')]);
      await page.waitForSelector('#sign-in[open]');
    }
    await page.fill('#token', ` ${await token({ sub: 'ada' })} `);
    await Promise.all([page.waitForEvent('load'), page.click('#sign-in button')]);
    await page.waitForSelector('#status[data-status=open]', { timeout: 10_000 });
    t.equal(await page.evaluate('tandem.room.userId'), 'ada');
    t.equal(page.url(), `http://127.0.0.1:${guarded.port}/?room=a`);
  });

  t.test(
    'where a part of the page cannot be had, it says so, and not that the browser is to blame',
    async (t) => {
      const page = await (await browser.newContext()).newPage();
      await page.route('**/pages/part-*', async (route) => {
        const response = await route.fetch();
        const isScene = (await response.body()).length > 200_000;
        return isScene ? route.abort() : route.fulfill({ response });
      });
      await page.goto(url);
      await page.waitForSelector('#status[data-status=open]');
      await page.waitForSelector('#no-webgl:not([hidden])');
      t.match(await page.textContent('#no-webgl'), 'could not be loaded');
    },
  );
}
