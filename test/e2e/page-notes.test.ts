import type { Browser } from 'playwright-core';
import t, { type Test } from 'tap';
import { isBrowserThere, openBrowser } from '../support/browser.ts';
import { startServer } from '../support/servers.ts';
import { noWebGl, Window } from './page-windows.ts';

t.setTimeout(550_000);

if (isBrowserThere(t)) {
  const browser = await openBrowser(t);
  t.test('an emoji that takes the place of another arrives whole', async (t) => {
    const [ada, ben] = await both(t, browser, 'a😀b');
    await select(ada, 1, 3);
    await ada.page.keyboard.insertText('😁');
    await same(t, ada, ben, 'a😁b');
  });

  t.test('what others write amid a composition of characters, nothing is lost of', async (t) => {
    const [ada, ben] = await both(t, browser, 'one two three');
    const keyboard = await ada.page.context().newCDPSession(ada.page);
    const compose = (text: string) =>
      keyboard.send('Input.imeSetComposition', {
        text,
        selectionStart: text.length,
        selectionEnd: text.length,
      });
    await select(ada, 7, 7);
    await compose('に');
    await ben.until(`tandem.room.text('notes').value === 'one twoに three'`);
    await select(ben, 9, 9);
    await ben.page.keyboard.insertText('X');
    await ada.until(`tandem.room.text('notes').value === 'one twoに Xthree'`);
    t.equal(await ada.page.inputValue('#notes'), 'one twoに three', 'the composition is not disturbed');
    await compose('にほんご');
    await keyboard.send('Input.insertText', { text: '日本' });
    await same(t, ada, ben, 'one two日本 Xthree');

    await select(ada, 4, 4);
    await compose('か');
    await ben.until(`tandem.room.text('notes').value === 'one かtwo日本 Xthree'`);
    await select(ben, 2, 11);
    await ben.page.keyboard.press('Delete');
    await compose('かな');
    await keyboard.send('Input.insertText', { text: '仮名' });
    await same(t, ada, ben, 'on仮名Xthree');
  });

  t.test('what others write does not disturb a composition that begins as another one ends', async (t) => {
    const [ada, ben] = await both(t, browser, 'one two');
    await select(ada, 7, 7);
    const field = `const field = document.getElementById('notes');
      const compose = (name) => field.dispatchEvent(new CompositionEvent(name));
      const write = (text) => {
        field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end');
        field.dispatchEvent(new Event('input'));
      };`;
    await ada.do(`{ ${field} compose('compositionstart'); write('한'); }`);
    await ben.until(`tandem.room.text('notes').value === 'one two한'`);
    await select(ben, 0, 0);
    await ben.page.keyboard.insertText('X');
    await ada.until(`tandem.room.text('notes').value === 'Xone two한'`);
    // As Hangul is written: what ends one syllable begins the next, before anything else is done.
    await ada.do(`{ ${field}
      compose('compositionend');
      compose('compositionstart');
      write('그');
    }`);
    await ada.do('new Promise((passed) => setTimeout(passed))');
    t.equal(await ada.page.inputValue('#notes'), 'one two한그');
    await ada.do(`{ ${field} write('글'); compose('compositionend'); }`);
    await same(t, ada, ben, 'Xone two한그글');
  });

  t.test('where one writes is told by browsers, too, that tell the document alone', async (t) => {
    const [ada, ben] = await both(t, browser, 'one two');
    const before = `document.querySelector('#carets div')?.firstChild.textContent`;
    await ada.do(`document.addEventListener('selectionchange', (event) => {
      if (event.target === document) return;
      event.stopImmediatePropagation();
      document.dispatchEvent(new Event('selectionchange'));
    }, { capture: true })`);
    await select(ada, 4, 4);
    await ben.until(`${before} === 'one '`);
    await ada.page.keyboard.press('ArrowLeft');
    await ben.until(`${before} === 'one'`);
    t.same([ada.faults, ben.faults], [[], []]);
  });

  t.test('what others write takes the focus from nothing, also where a selection does', async (t) => {
    const [ada, ben] = await both(t, browser, 'one two');
    await ada.do(`{
      const own = HTMLTextAreaElement.prototype.setSelectionRange;
      // As WebKit does.
      HTMLTextAreaElement.prototype.setSelectionRange = function (...range) {
        this.focus();
        own.apply(this, range);
      };
    }`);
    await select(ada, 3, 3);
    await ada.do(`document.getElementById('cut').focus()`);
    await select(ben, 0, 0);
    await ben.page.keyboard.insertText('zero ');
    await same(t, ada, ben, 'zero one two');
    t.equal(await ada.do('document.activeElement.id'), 'cut');
    await ada.page.focus('#notes');
    t.equal(await ada.do(`document.getElementById('notes').selectionStart`), 8, 'who comes back is in place');
  });

  t.test('a click into the notes lands where it is made, whenever a browser places the caret', async (t) => {
    const [ada, ben] = await both(t, browser, 'one two');
    await select(ada, 7, 7);
    await ada.do(`document.getElementById('cut').focus()`);
    await select(ben, 0, 0);
    await ben.page.keyboard.insertText('zero ');
    await same(t, ada, ben, 'zero one two');
    // As Firefox does.
    await ada.do(`{
      const field = document.getElementById('notes');
      field.dispatchEvent(new MouseEvent('mousedown', { bubbles: true }));
      field.setSelectionRange(2, 2);
      field.focus();
    }`);
    t.equal(await ada.do(`document.getElementById('notes').selectionStart`), 2);
  });
}

async function both(t: Test, browser: Browser, text: string): Promise<[Window, Window]> {
  const server = await startServer({ DEMO: '1' });
  t.teardown(() => server.close());
  const open = async (name: string) => {
    const url = `http://127.0.0.1:${server.port}/`;
    const window = await Window.open(browser, url, name, { script: noWebGl });
    t.teardown(() => window.page.close());
    await window.show('notes');
    await window.page.focus('#notes');
    return window;
  };
  const [ada, ben] = [await open('Ada'), await open('Ben')];
  await ada.page.keyboard.insertText(text);
  await same(t, ada, ben, text);
  return [ada, ben];
}

async function same(t: Test, ada: Window, ben: Window, text: string): Promise<void> {
  await ada.until('tandem.room.pending === 0');
  const said: number = await ada.do('tandem.room.chat.messages.length');
  await ada.do(`tandem.room.chat.send('.')`);
  for (const one of [ada, ben]) {
    await one.until(`tandem.room.chat.messages.length > ${said}`);
    t.equal(await one.page.inputValue('#notes'), text);
    t.equal((await one.seen()).notes, text);
    t.same(one.faults, []);
  }
}

function select({ page }: Window, from: number, to: number): Promise<unknown> {
  return page.evaluate(`document.getElementById('notes').setSelectionRange(${from}, ${to})`);
}
