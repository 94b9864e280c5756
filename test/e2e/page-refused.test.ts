import t from 'tap';
import { token } from '../native/person.ts';
import { isBrowserThere, openBrowser } from '../support/browser.ts';
import { connect } from '../support/client.ts';
import { startServer } from '../support/servers.ts';
import { noWebGl } from './page-windows.ts';

t.setTimeout(550_000);

/** From when the test says so, what is told of a connection that is lost for long is told at once. */
const lostAtOnce = `
  window.isEager = false;
  const later = window.setTimeout;
  window.setTimeout = (then, ms, ...more) => later(then, isEager && ms === 5000 ? 0 : ms, ...more);
`;

if (isBrowserThere(t)) {
  const browser = await openBrowser(t);
  const server = await startServer({ DEMO: '1', MAX_ROOM_USERS: '1' });
  t.teardown(() => server.close());
  const backend = { authorization: `Bearer ${await token({ sub: 'app', scope: ['publish'] })}` };
  const open = async (roomId: string, more = '', script = '') => {
    const page = await (await browser.newContext()).newPage();
    await page.addInitScript(`${noWebGl}${script}`);
    await page.goto(`http://127.0.0.1:${server.port}/?room=${roomId}${more}`);
    return page;
  };
  const isIn = '#status[data-status=open]';
  const hasEnded = '#status[data-status=closed]';

  t.test('who comes to a room that is full reads why, for as long as the page is open', async (t) => {
    const ben = await connect(server.port);
    await ben.ask({ type: 'join', roomId: 'full', user: { userId: 'ben' } });
    const page = await open('full');
    await page.waitForSelector(hasEnded);
    // Whatever is shown anew.
    await page.click('#slow');
    t.equal(await page.textContent('#status-text'), 'Ended: The room has as many users as it may have.');
  });

  t.test('who is in no room is not told that anything is kept when the line is cut', async (t) => {
    const ben = await connect(server.port);
    await ben.ask({ type: 'join', roomId: 'cut', user: { userId: 'ben' } });
    const page = await open('cut', '', lostAtOnce);
    await page.waitForSelector(hasEnded);
    await page.evaluate(`new Promise((resolve) => {
      tandem.client.on('lost', resolve);
      window.isEager = true;
      document.getElementById('cut').click();
    })`);
    const shown = await page.locator('#shown .warning').allTextContents();
    t.same(
      shown.filter((one) => one.includes('kept')),
      [],
    );
  });

  t.test('so does who is sent out of a room', async (t) => {
    const put = async (active: boolean) => {
      const body = JSON.stringify({ ownerId: 'ada', active });
      const headers = { ...backend, 'content-type': 'application/json' };
      const url = `http://127.0.0.1:${server.port}/api/projects/p`;
      t.ok((await fetch(url, { method: 'PUT', headers, body })).ok);
    };
    await put(true);
    const page = await open('project:p', `#token=${await token({ sub: 'ada' })}`);
    await page.waitForSelector(isIn);
    await put(false);
    await page.waitForSelector(hasEnded);
    t.match(await page.textContent('#status-text'), /^Ended: The project is not active/);
    await page.waitForSelector('#shown .warning >> text=/The project is not active/');
    await page.evaluate(`void (window.warned = new Promise((resolve) => {
      tandem.client.on('error', () => resolve());
    }))`);
    const disconnect = `http://127.0.0.1:${server.port}/api/users/ada/disconnect`;
    t.ok((await fetch(disconnect, { method: 'POST', headers: backend })).ok);
    await page.evaluate('warned');
    t.match(
      await page.textContent('#status-text'),
      /^Ended: The project is not active/,
      'whatever comes later',
    );
  });

  t.test('where the address names what can be no room, no token is asked for', async (t) => {
    const page = await open('x'.repeat(1000));
    await page.waitForSelector(hasEnded);
    t.match(await page.textContent('#status-text'), /^Ended: A field is .* too long/);
    t.notOk(await page.isVisible('#sign-in'));
  });

  t.test('who may only look is told so by what is clicked', async (t) => {
    const ben = await connect(server.port);
    await ben.ask({ type: 'join', roomId: 'seen', user: { userId: 'ben' } });
    const operation = { type: 'add', target: 'item', id: 'mars', data: { name: 'Mars' } };
    await ben.ask({ type: 'sceneOperation', roomId: 'seen', operation });
    await ben.ask({ type: 'leave', roomId: 'seen' });
    const page = await open('seen', `#token=${await token({ sub: 'eve', role: 'viewer' })}`);
    await page.click('[data-item=mars]');
    await page.waitForSelector('#shown .warning >> text=Mars: This user may not do this in this room.', {
      timeout: 10_000,
    });
    t.pass('as by all else that is refused');
  });
}
