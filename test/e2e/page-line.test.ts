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
    await ada.page.click('#slow');
    await ada.do(`void tandem.room.chat.send('one')`);
    await ada.do(`{
      document.getElementById('slow').click();
      const before = held.splice(0);
      tandem.room.chat.send('two');
      for (const one of before) one();
    }`);
    await ada.until('tandem.room.pending === 0');
    t.same((await ada.seen()).messages, ['one', 'two']);
    t.equal(await ada.do('held.length'), 0);
    t.same(ada.faults, []);
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
    t.same(await ada.page.locator('#shown .warning').allTextContents(), []);
    t.same(ada.faults, []);
  });
}
