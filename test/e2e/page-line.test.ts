import t from 'tap';
import { isBrowserThere, openBrowser } from '../support/browser.ts';
import { startServer } from '../support/servers.ts';
import { noWebGl, Window } from './page-windows.ts';

t.setTimeout(550_000);

/** What a slow line holds back waits until the test says so. */
const holding = `
  window.held = [];
  const later = window.setTimeout;
  window.setTimeout = (then, ms, ...more) => (ms === 400 ? held.push(then) : later(then, ms, ...more));
`;

/** The first message fails. */
const failing = `
  window.sent = [];
  const own = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    sent.push(...['one', 'two'].filter((one) => text.includes('"' + one + '"')));
    if (sent.at(-1) === 'one') throw new Error('not sent');
    own.call(this, text);
  };
`;

/** Something on the slow line, and something behind it when it is slow no more; then the timers end, each by `end`. */
async function sayAsItQuickens(ada: Window, end: string): Promise<void> {
  await ada.page.click('#slow');
  await ada.do(`void tandem.room.chat.send('one')`);
  await ada.do(`{
    document.getElementById('slow').click();
    const before = held.splice(0);
    tandem.room.chat.send('two');
    for (const one of before) ${end}
  }`);
}

if (isBrowserThere(t)) {
  const browser = await openBrowser(t);
  const server = await startServer({ DEMO: '1' });
  t.teardown(() => server.close());
  const open = (room: string, script: string) =>
    Window.open(browser, `http://127.0.0.1:${server.port}/?room=${room}`, 'Ada', {
      script: `${noWebGl}${script}`,
    });

  t.test('a line that is slow no more only waits for what is on its way, in its order', async (t) => {
    const ada = await open('slow', holding);
    await sayAsItQuickens(ada, 'one()');
    await ada.until('tandem.room.pending === 0');
    t.same((await ada.seen()).messages, ['one', 'two']);
    t.equal(await ada.do('held.length'), 0);
    t.same(ada.faults, []);
  });

  t.test('what fails on its way keeps nothing back that comes after it', async (t) => {
    const ada = await open('failing', `${holding}${failing}`);
    await sayAsItQuickens(ada, '{ try { one(); } catch {} }');
    t.same(await ada.do('[sent, held.length]'), [['one', 'two'], 0]);
  });

  t.test('what is removed twice while the line is cut is removed, and no more is said of it', async (t) => {
    const ada = await open('removed', '');
    await ada.page.click('[data-item=mars]');
    await ada.until(`tandem.room.selection.holderOf('mars') !== undefined`);
    await ada.page.click('#cut');
    await ada.page.focus('#stage');
    await ada.page.keyboard.press('Delete');
    await ada.page.keyboard.press('Delete');
    await ada.page.click('#cut');
    await ada.until(`tandem.room.status === 'joined' && tandem.room.pending === 0`);
    t.notOk(await ada.do(`tandem.room.scene.items.has('mars')`));
    const warnings = await ada.page.locator('#shown .warning').allTextContents();
    // Of the line itself something is said where that took long.
    t.same(
      warnings.filter((one) => !one.startsWith('The connection is lost')),
      [],
    );
    t.same(ada.faults, []);
  });
}
