import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { token } from '../native/person.ts';
import { isBrowserThere, openBrowser } from '../support/browser.ts';
import { connect } from '../support/client.ts';
import { startServer } from '../support/servers.ts';

t.setTimeout(550_000);

/** What one thing waits for, and another brings about. */
function event(): { readonly happened: Promise<void>; happen(): void } {
  let happen = () => {};
  const happened = new Promise<void>((resolve) => {
    happen = resolve;
  });
  return { happened, happen: () => happen() };
}

if (isBrowserThere(t)) {
  const browser = await openBrowser(t);
  /** A page before a server with these rooms; the first has one member more than the others. */
  const open = async (t: Test, rooms: readonly string[], before: (page: Page) => Promise<unknown>) => {
    const server = await startServer({ DEMO: '1' });
    t.teardown(() => server.close());
    for (const [index, roomId] of [rooms[0] ?? '', ...rooms].entries()) {
      await (await connect(server.port)).ask({ type: 'join', roomId, user: { userId: `user-${index}` } });
    }
    const page = await (await browser.newContext()).newPage();
    t.teardown(() => page.close());
    const given = JSON.stringify(await token({ sub: 'operator', scope: ['admin'] }));
    await page.addInitScript(`sessionStorage.setItem('admin-token', ${given})`);
    await before(page);
    await page.goto(`http://127.0.0.1:${server.port}/inspector`);
    await page.waitForSelector('#board:not([hidden])');
    return page;
  };
  const lookedAt = async (page: Page) => {
    for (let looks = 0; looks < 2; looks++) {
      await page.waitForResponse((response) => new URL(response.url()).pathname.endsWith('/log'));
    }
  };

  t.test('that somebody could not be sent away is said until something else is done', async (t) => {
    const page = await open(t, ['r'], (page) =>
      page.route('**/disconnect', (route) => route.fulfill({ status: 502, body: '<h1>Bad Gateway</h1>' })),
    );
    await page.click('[data-user=user-0] .kick');
    await page.click('#kick .danger');
    const said = '#done >> text=user-0 could not be sent away: The server answers with 502.';
    await page.waitForSelector(said);
    await lookedAt(page);
    t.ok(await page.isVisible(said));
  });

  t.test('where the metrics cannot be had, nothing is said of errors', async (t) => {
    let isKept = true;
    const page = await open(t, ['r'], (page) =>
      page.route('**/metrics', (route) => (isKept ? route.fulfill({ status: 403 }) : route.continue())),
    );
    await page.waitForSelector('#no-errors >> text=The metrics cannot be read.');
    isKept = false;
    await page.waitForSelector('#no-errors >> text=None since the server was started.');
  });

  t.test(
    'of more rooms than are listed it is said that there are more, and a filter finds them',
    async (t) => {
      const page = await open(t, ['a-1', 'a-2', 'b-1', 'b-2', 'b-3'], (page) =>
        page.route('**/api/rooms?*', (route) =>
          route.continue({ url: route.request().url().replace('limit=1000', 'limit=2') }),
        ),
      );
      const shown = () => page.locator('[data-room]').allTextContents();
      await page.waitForSelector('#no-rooms >> text=/There are more/');
      t.same(await shown(), ['a-1', 'a-2']);
      await page.fill('#filter', 'b-');
      await page.waitForSelector('[data-room=b-2]');
      t.same(await shown(), ['b-1', 'b-2']);
      t.match(await page.textContent('#no-rooms'), /There are more/);
      await page.fill('#filter', 'b-3');
      await page.waitForSelector('[data-room=b-3]');
      t.same(await shown(), ['b-3']);
      await page.fill('#filter', 'c');
      await page.waitForSelector('[data-room=b-3]', { state: 'detached' });
      t.same(await shown(), []);
    },
  );

  t.test('what is chosen while the page looks is looked at next', async (t) => {
    const [asked, answered] = [event(), event()];
    const page = await open(t, ['first', 'second'], async (page) => {
      // There are no looks but those that are asked for.
      await page.addInitScript('window.setInterval = () => 0');
      await page.route('**/api/rooms/first/log*', async (route) => {
        asked.happen();
        await answered.happened;
        await route.continue();
      });
    });
    await asked.happened;
    await page.click('[data-room=second]');
    answered.happen();
    await page.waitForSelector('#room-title >> text=second');
    t.ok(await page.isVisible('#room'));
  });

  t.test('of a server that goes silent it is said that it is away, and it is looked at again', async (t) => {
    let isSilent = true;
    const asked = event();
    const page = await open(t, ['r'], async (page) => {
      await page.addInitScript(`{
        const waits = [];
        AbortSignal.timeout = () => {
          const aborter = new AbortController();
          waits.push(() => aborter.abort());
          return aborter.signal;
        };
        window.pass = () => waits.splice(0).forEach((end) => end());
      }`);
      await page.route('**/api/rooms/r', (route) => (isSilent ? asked.happen() : route.continue()));
    });
    await asked.happened;
    isSilent = false;
    await page.evaluate('pass()');
    await page.waitForSelector('#trouble >> text=The server cannot be reached.');
    await page.waitForSelector('[data-user=user-0]');
    await page.waitForSelector('#trouble:empty', { state: 'attached' });
    t.pass('and what was said of it is taken back');
  });

  t.test('that a room is no more says nothing of the one that was chosen meanwhile', async (t) => {
    const answered = event();
    const page = await open(t, ['first', 'second'], (page) =>
      page.route('**/api/rooms/first', async (route) => {
        await answered.happened;
        await route.fulfill({ status: 404, body: '{}' });
      }),
    );
    await page.click('[data-room=second]');
    answered.happen();
    await page.waitForSelector('#room-title >> text=second');
    t.ok(await page.isVisible('#room'));
  });
}
