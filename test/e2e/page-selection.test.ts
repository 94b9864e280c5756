import t from 'tap';
import { isBrowserThere, openBrowser } from '../support/browser.ts';
import { startServer } from '../support/servers.ts';
import { noWebGl, Window } from './page-windows.ts';

t.setTimeout(550_000);

if (isBrowserThere(t)) {
  const browser = await openBrowser(t);
  const server = await startServer({ DEMO: '1' });
  t.teardown(() => server.close());
  const open = async (room: string, name: string) => {
    const url = `http://127.0.0.1:${server.port}/?room=${room}`;
    const window = await Window.open(browser, url, name, { script: noWebGl });
    await window.page.waitForSelector('[data-item=stool]');
    return window;
  };

  t.test('what was chosen last is what is selected, however slow the line is', async (t) => {
    const ada = await open('slow', 'Ada');
    await ada.page.click('#slow');
    await ada.do(
      `['mars', 'venus'].forEach((id) => document.querySelector('[data-item=' + id + ']').click())`,
    );
    await ada.until(`tandem.room.pending === 0 && tandem.room.selection.holderOf('venus') !== undefined`);
    t.same(await ada.do('tandem.room.selection.selected'), { venus: ['guest-Ada'] });
    await ada.do(`document.querySelector('[data-item=earth]').click(),
      document.getElementById('stage').dispatchEvent(new KeyboardEvent('keydown', { key: 'Delete' }))`);
    await ada.until(`tandem.room.pending === 0 && tandem.room.selection.holderOf('earth') !== undefined`);
    t.ok(await ada.do(`tandem.room.scene.items.has('venus')`), 'and nothing befalls what was before');
  });

  t.test('two windows of one user each do something with what was chosen in them', async (t) => {
    const [one, other] = [await open('shared', 'Ada'), await open('shared', 'Ada')];
    const shown = (window: Window) => window.page.textContent('#detail:not([hidden]) strong');
    await one.page.click('[data-item=mars]');
    t.equal(await shown(one), 'Mars');
    await other.until(`tandem.room.selection.holderOf('mars') !== undefined`);
    t.notOk(await other.page.isVisible('#detail'));
    await other.page.click('[data-item=venus]');
    t.equal(await shown(other), 'Venus');
    await other.page.focus('#stage');
    await other.page.keyboard.press('Delete');
    await one.page.waitForSelector('[data-item=venus]', { state: 'detached' });
    t.ok(await other.do(`tandem.room.scene.items.has('mars')`));
    t.equal(await shown(one), 'Mars');

    await other.page.click('[data-item=mars]');
    t.equal(await shown(other), 'Mars', 'also where nobody is told of it, as the user had it before');
    await one.page.click('[data-item=mars]');
    await one.page.waitForSelector('#detail', { state: 'hidden' });
    await one.until('tandem.room.pending === 0');
    t.match(await one.do('tandem.room.selection.selected'), { mars: ['guest-Ada'] });
    await other.page.click('[data-item=mars]');
    await one.until(`tandem.room.selection.holderOf('mars') === undefined`);
    t.same([one.faults, other.faults], [[], []]);
  });
}
