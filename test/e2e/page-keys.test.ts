import type { Browser } from 'playwright-core';
import t, { type Test } from 'tap';
import { isBrowserThere, openBrowser } from '../support/browser.ts';
import { pagesBuilt } from '../support/pages.ts';
import { startServer } from '../support/servers.ts';
import { noWebGl, Window } from './page-windows.ts';

t.setTimeout(550_000);

if (isBrowserThere(t)) {
  await pagesBuilt();
  const browser = await openBrowser(t);
  const server = await startServer({ DEMO: '1' });
  t.teardown(() => server.close());
  const open = (t: Test, name: string, room: string) => {
    const url = `http://127.0.0.1:${server.port}/?room=${room}`;
    return opened(t, browser, url, name);
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

  t.test('the list of items is one key away, whichever panel is open', async (t) => {
    const ada = await open(t, 'Ada', 'skip');
    await ada.show('notes');
    await ada.page.focus('#skip');
    await ada.page.keyboard.press('Enter');
    await ada.page.keyboard.press('ArrowDown');
    t.equal(await focused(ada), 'Sun');
  });
}

async function opened(t: Test, browser: Browser, url: string, name: string): Promise<Window> {
  const window = await Window.open(browser, url, name, { script: noWebGl });
  t.teardown(() => window.page.close());
  await window.page.waitForSelector('[data-item=earth]');
  return window;
}

/** What has the focus: its id, or its name. */
function focused({ page }: Window): Promise<string> {
  return page.evaluate(`(({ activeElement: one }) =>
    one.id || one.getAttribute('aria-label') || one.querySelector('.name')?.textContent)(document)`);
}
