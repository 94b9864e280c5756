import type { Browser } from 'playwright-core';
import t, { type Test } from 'tap';
import { drawnInSoftware, isBrowserThere, openBrowser } from '../support/browser.ts';
import { startServer } from '../support/servers.ts';
import { noWebGl, Window } from './page-windows.ts';

t.setTimeout(550_000);

if (isBrowserThere(t)) {
  const browser = await openBrowser(t, drawnInSoftware);
  const server = await startServer({ DEMO: '1' });
  t.teardown(() => server.close());
  const open = (t: Test, name: string, room: string, options = { script: noWebGl }) => {
    const url = `http://127.0.0.1:${server.port}/?room=${room}`;
    return opened(t, browser, url, name, options);
  };
  t.test('who comes takes the focus from nobody, nor does changing the own name', async (t) => {
    const ada = await open(t, 'Ada', 'people');
    await ada.page.focus('#people button');
    const ben = await open(t, 'Ben', 'people');
    await ada.page.waitForSelector('#people [aria-label=Ben]');
    t.equal(await focused(ada), 'Ada, you: change name and colour');
    await ada.page.keyboard.press('Enter');
    t.equal(await focused(ada), 'name');
    await ben.do(`tandem.room.presence.update({ name: 'Benno' })`);
    await ada.page.waitForSelector('#people [aria-label=Benno]');
    await ada.page.keyboard.type('Cleo');
    await ada.page.keyboard.press('Enter');
    await ben.page.waitForSelector('#people [aria-label=Cleo]');
    t.equal(await focused(ada), 'Cleo, you: change name and colour');
  });

  t.test('whatever is taken away, the focus stays near to where it was', async (t) => {
    const [ada, ben] = [await open(t, 'Ada', 'items'), await open(t, 'Ben', 'items')];
    await ada.page.focus('[data-item=venus]');
    await ben.do(`tandem.room.scene.remove('venus')`);
    await ada.page.waitForSelector('[data-item=venus]', { state: 'detached' });
    t.equal(await focused(ada), 'Earth', 'what has come into the place of what somebody removed');
    await ada.page.keyboard.press('Enter');
    await ada.page.waitForSelector('#detail');
    await ada.page.focus('#detail [aria-label=Remove]');
    await ada.page.keyboard.press('Enter');
    await ada.page.waitForSelector('#detail', { state: 'hidden' });
    t.equal(await focused(ada), 'stage');
    for (const [button, isBack] of [
      ['undo', true],
      ['redo', false],
    ] as const) {
      await ada.page.focus(`#${button}`);
      await ada.page.keyboard.press('Enter');
      await ada.until(`(document.querySelector('[data-item=earth]') !== null) === ${isBack}`);
      t.equal(await focused(ada), button, 'also where it goes no further');
    }
  });

  t.test('what others have changed since is nothing to undo, and the button says so', async (t) => {
    const [ada, ben] = [await open(t, 'Ada', 'undo'), await open(t, 'Ben', 'undo')];
    await ada.do(`tandem.room.scene.update('earth', { color: '#111111' })`);
    await ada.page.waitForSelector('#undo[aria-disabled=false]');
    await ben.do(`tandem.room.scene.update('earth', { color: '#222222' })`);
    await ada.until(`tandem.room.scene.items.get('earth').color === '#222222'`);
    await ada.page.click('#undo');
    await ada.page.waitForSelector('#undo[aria-disabled=true]');
    t.equal(await ada.do(`tandem.room.scene.items.get('earth').color`), '#222222');
  });

  t.test('without WebGL, too, things are raised and lowered', async (t) => {
    const ada = await open(t, 'Ada', 'heights');
    await ada.page.focus('[data-item=earth]');
    await ada.page.keyboard.press('Enter');
    await ada.page.waitForSelector('#detail');
    for (const [name, height] of [
      ['Raise', 0.25],
      ['Lower', 0],
    ] as const) {
      await ada.page.focus(`#detail [aria-label=${name}]`);
      await ada.page.keyboard.press('Enter');
      await ada.until(`tandem.room.scene.items.get('earth').transform.position.y === ${height}`);
    }
    t.pass('as by Page Up and Page Down in the scene');
  });

  t.test('keys turn the view, and come nearer', async (t) => {
    const ada = await open(t, 'Ada', 'view', { script: '' });
    t.ok(await ada.do('tandem.drawn'));
    /** On the screen, from one of two planets to the other. */
    const way = async () => {
      const [from, to] = await ada.do(`['jupiter', 'saturn'].map(tandem.onScreen)`);
      return { x: to.x - from.x, y: to.y - from.y, length: Math.hypot(to.x - from.x, to.y - from.y) };
    };
    await ada.page.focus('#canvas');
    for (const key of ['Shift+ArrowLeft', 'Shift+ArrowUp']) {
      const before = await way();
      await ada.page.keyboard.press(key);
      const after = await way();
      t.ok(Math.hypot(after.x - before.x, after.y - before.y) > 5, key);
    }
    const far = await way();
    await ada.page.keyboard.press('+');
    const near = await way();
    t.ok(near.length > far.length + 5);
    await ada.page.keyboard.press('-');
    t.ok((await way()).length < near.length - 5);
  });

  t.test('the list of items is one key away, whichever panel is open', async (t) => {
    const ada = await open(t, 'Ada', 'skip');
    await ada.show('notes');
    await ada.page.focus('#skip');
    await ada.page.keyboard.press('Enter');
    await ada.page.keyboard.press('ArrowDown');
    t.equal(await focused(ada), 'Sun');
  });
}

async function opened(
  t: Test,
  browser: Browser,
  url: string,
  name: string,
  options: { script: string },
): Promise<Window> {
  const window = await Window.open(browser, url, name, options);
  t.teardown(() => window.page.close());
  await window.page.waitForSelector('[data-item=earth]');
  return window;
}

/** What has the focus: its id, or its name. */
function focused({ page }: Window): Promise<string> {
  return page.evaluate(`(({ activeElement: one }) =>
    one.id || one.getAttribute('aria-label') || one.querySelector('.name')?.textContent)(document)`);
}
