import t from 'tap';
import { token } from '../native/person.ts';
import { isBrowserThere, openBrowser } from '../support/browser.ts';
import { startServer } from '../support/servers.ts';
import { noWebGl } from './page-windows.ts';

t.setTimeout(550_000);

if (isBrowserThere(t)) {
  t.test('whatever is given in place of a token, the page asks until it has one', async (t) => {
    const server = await startServer({ DEMO: '1', AUTH: 'required' });
    t.teardown(() => server.close());
    const page = await (await (await openBrowser(t)).newContext()).newPage();
    await page.addInitScript(noWebGl);
    const asks = () => page.waitForSelector('#sign-in[open]');
    await page.goto(`http://127.0.0.1:${server.port}/#token=`);
    await asks();
    t.equal(await page.evaluate('document.activeElement.id'), 'token');
    for (let times = 0; times < 3; times++) {
      await page.keyboard.press('Escape');
      await asks();
    }
    for (const wrong of ['  ', 'no token', 'x'.repeat(20_000)]) {
      await page.fill('#token', wrong);
      await Promise.all([page.waitForEvent('load'), page.click('#sign-in button')]);
      await asks();
    }
    await page.fill('#token', await token({ sub: 'ada' }));
    await page.click('#sign-in button');
    await page.waitForSelector('#status[data-status=open]');
    t.equal(await page.evaluate('tandem.room.userId'), 'ada');
  });

  t.test('a token is taken from the address of a window that is open already, too', async (t) => {
    const server = await startServer({ DEMO: '1' });
    t.teardown(() => server.close());
    const url = `http://127.0.0.1:${server.port}/`;
    const page = await (await (await openBrowser(t)).newContext()).newPage();
    await page.addInitScript(noWebGl);
    await page.goto(`${url}#token=${await token({ sub: 'ada' })}`);
    await page.waitForSelector('#status[data-status=open]');
    const again = page.waitForEvent('load');
    await page.goto(`${url}#token=${await token({ sub: 'ben' })}`);
    await again;
    await page.waitForSelector('#status[data-status=open]');
    t.equal(await page.evaluate('tandem.room.userId'), 'ben');
    t.equal(page.url(), url);
  });
}
