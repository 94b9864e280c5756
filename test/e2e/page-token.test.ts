import type { Page } from 'playwright-core';
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

  t.test('who has a name by a token sees it, and does not change it', async (t) => {
    const server = await startServer({ DEMO: '1' });
    t.teardown(() => server.close());
    const url = `http://127.0.0.1:${server.port}/`;
    const context = await (await openBrowser(t)).newContext();
    await context.addInitScript(noWebGl);
    for (const [claims, shown, isGiven] of [
      [{ sub: 'ada', name: 'Ada Lovelace' }, 'Ada Lovelace', true],
      [{ sub: 'ben', userName: 'Ben' }, 'Ben', true],
      [{ sub: 'cleo' }, 'Cleo', false],
    ] as const) {
      const page = await context.newPage();
      await page.addInitScript(`sessionStorage.name = 'Cleo'; sessionStorage.chosen = 'yes'`);
      await page.goto(`${url}#token=${await token(claims)}`);
      await page.click('#people button');
      t.equal(await page.inputValue('#name'), shown);
      t.equal(await page.isEditable('#name'), !isGiven, shown);
      await page.click('#colors [aria-label=Teal]');
      await page.click('#profile .primary');
      await page.waitForSelector('#profile', { state: 'hidden' });
      await page.evaluate(`new Promise((resolve) => {
        const look = () => (tandem.room.presence.self.color === '#12a594' ? resolve() : setTimeout(look, 20));
        look();
      })`);
      t.equal(await page.evaluate('tandem.room.presence.self.name'), shown);
    }
  });

  t.test('who has no name by a token chooses one, also in two windows', async (t) => {
    const server = await startServer({ DEMO: '1' });
    t.teardown(() => server.close());
    const context = await (await openBrowser(t)).newContext();
    await context.addInitScript(noWebGl);
    const open = async (name: string, claims: object) => {
      const page = await context.newPage();
      await page.addInitScript(`sessionStorage.name = '${name}'; sessionStorage.chosen = 'yes'`);
      await page.goto(`http://127.0.0.1:${server.port}/#token=${await token({ sub: 'cleo', ...claims })}`);
      await page.waitForSelector(`#people button[aria-label^=${name}]`);
      return page;
    };
    const one = await open('Cleo', {});
    // What a server takes for no name is none.
    await open('Dana', { name: '', userName: 'Eve' });
    await one.waitForSelector('#people button[aria-label^=Dana]');
    await one.click('#people button');
    t.equal(await one.inputValue('#name'), 'Cleo');
    t.ok(await one.isEditable('#name'));
    t.notOk(await one.isVisible('#name-given'));
  });

  t.test('each window is somebody, also where one is the copy of another', async (t) => {
    const server = await startServer({ DEMO: '1' });
    t.teardown(() => server.close());
    const context = await (await openBrowser(t)).newContext();
    await context.addInitScript(noWebGl);
    const page = await context.newPage();
    const userOf = async (one: Page) => {
      await one.waitForSelector('#status[data-status=open]');
      return one.evaluate('tandem.room.userId');
    };
    await page.goto(`http://127.0.0.1:${server.port}/`);
    const ada = await userOf(page);
    // What a window has opened gets a copy of its session storage, as one that is duplicated does.
    const opened = page.waitForEvent('popup');
    await page.evaluate('void open(location.href)');
    const copy = await opened;
    const ben = await userOf(copy);
    t.not(ben, ada);
    for (const [one, user] of [
      [page, ada],
      [copy, ben],
    ] as const) {
      await one.reload();
      t.equal(await userOf(one), user, 'who loads it anew stays who that is');
    }
    await page.goto(`http://127.0.0.1:${server.port}/inspector`);
    await page.goBack();
    t.equal(await userOf(page), ada, 'as does who comes back to it');
  });
}
