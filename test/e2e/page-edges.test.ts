import t from 'tap';
import { isBrowserThere, openBrowser } from '../support/browser.ts';
import { startServer } from '../support/servers.ts';
import { noWebGl, Window } from './page-windows.ts';

t.setTimeout(550_000);

if (isBrowserThere(t)) {
  const browser = await openBrowser(t);
  const server = await startServer({ DEMO: '1' });
  t.teardown(() => server.close());
  let rooms = 0;
  /** People in front of a room of their own. */
  const meet = async (...names: string[]) => {
    rooms += 1;
    const url = `http://127.0.0.1:${server.port}/?room=edge-${rooms}`;
    const windows: Window[] = [];
    for (const name of names) windows.push(await Window.open(browser, url, name, { script: noWebGl }));
    return windows as [Window, ...Window[]];
  };

  t.test('what is duplicated twice while the line is cut is there twice', async (t) => {
    const [ada] = await meet('Ada');
    await ada.page.click('[data-item=mars]');
    await ada.until(`tandem.room.selection.holderOf('mars') !== undefined`);
    await ada.page.click('#cut');
    const before: number = await ada.do('tandem.room.scene.items.size');
    await ada.page.click('#detail [aria-label=Duplicate]');
    await ada.page.click('#detail [aria-label=Duplicate]');
    await ada.page.click('#cut');
    await ada.until(`tandem.room.status === 'joined' && tandem.room.pending === 0`);
    t.equal(await ada.do('tandem.room.scene.items.size'), before + 2);
    t.same(ada.faults, []);
  });
}
