import t from 'tap';
import { drawnInSoftware, isBrowserThere, openBrowser } from '../support/browser.ts';
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

  t.test('the carets of others stay in the text that one writes oneself', async (t) => {
    const [ada, ben] = (await meet('Ada', 'Ben')) as [Window, Window];
    for (const one of [ada, ben]) await one.show('notes');
    await ada.page.focus('#notes');
    await ada.page.keyboard.insertText('one two');
    await ben.until(`document.getElementById('notes').value === 'one two'`);
    await ben.page.focus('#notes');
    await ben.page.evaluate(`document.getElementById('notes').setSelectionRange(4, 4)`);
    const before = `document.querySelector('#carets div')?.firstChild.textContent`;
    await ada.until(`${before} === 'one '`);
    // A click would take the focus from the text.
    await ben.do(`document.getElementById('cut').click()`);
    await ada.page.evaluate(`document.getElementById('notes').setSelectionRange(0, 0)`);
    await ada.page.keyboard.insertText('zero ');
    t.equal(await ada.do(before), 'zero one ');
  });

  t.test('the ends of lines of a text that comes from elsewhere stay as they are', async (t) => {
    const [ada, ben] = (await meet('Ada', 'Ben')) as [Window, Window];
    for (const one of [ada, ben]) await one.show('notes');
    await ada.do(`tandem.room.text('notes').set('one\\r\\ntwo 😀\\r\\nthree')`);
    await ben.until(`document.getElementById('notes').value === 'one\\ntwo 😀\\nthree'`);
    await ben.page.focus('#notes');
    await ben.page.evaluate(`document.getElementById('notes').setSelectionRange(8, 11)`);
    await ben.page.keyboard.insertText('2\n');
    const text = 'one\r\ntwo 2\r\nthree';
    await ada.until(`tandem.room.text('notes').value === ${JSON.stringify(text)}`);
    await ben.page.evaluate(`document.getElementById('notes').setSelectionRange(3, 4)`);
    await ben.page.keyboard.press('Delete');
    await ben.page.evaluate(`document.getElementById('notes').setSelectionRange(5, 5)`);
    await ada.until(`tandem.room.text('notes').value === 'onetwo 2\\r\\nthree'`);
    await ada.do(`tandem.room.text('notes').set('\\r\\n\\r\\nonetwo 2\\r\\nthree')`);
    await ben.until(`document.getElementById('notes').value === '\\n\\nonetwo 2\\nthree'`);
    t.equal(
      await ben.do(`document.getElementById('notes').selectionStart`),
      7,
      'where one writes stays, too',
    );
    t.same(ben.faults, []);
  });

  t.test('however many items there are, those of the place that is looked at come first', async (t) => {
    const [ada] = await meet('Ada');
    await ada.page.waitForSelector('[data-item=stool]');
    for (let from = 0; from < 1200; from += 100) {
      await ada.do(`tandem.room.scene.apply(Array.from({ length: 100 }, (_, n) => ({
        type: 'add', target: 'item', id: 'i' + (${from} + n),
        data: { kind: 'stool', place: n % 2 ? 'living' : 'planets' },
      }))).then(() => {})`);
    }
    await ada.until(`document.querySelectorAll('[data-item]').length > 1200`);
    t.equal(
      await ada.do(`[...document.querySelectorAll('#items > li')].findIndex((one, at) =>
      at > 0 && one.classList.contains('place'))`),
      1 + 7 + 600,
    );
    await ada.page.click('[data-place=living]');
    t.equal(
      await ada.do(`[...document.querySelectorAll('#items > li')].findIndex((one, at) =>
      at > 0 && one.classList.contains('place'))`),
      1 + 8 + 600,
    );
  });

  t.test('a long name of a room leaves the header as it is', async (t) => {
    const page = (await meet('Ada'))[0].page;
    const box = async () => {
      const { width, height } = (await page.locator('header h1 svg').boundingBox()) ?? {};
      return { width, height };
    };
    for (const size of [
      { width: 1100, height: 700 },
      { width: 640, height: 360 },
    ]) {
      await page.setViewportSize(size);
      await page.evaluate(`document.getElementById('room-name').textContent = 'edge'`);
      const header = await page.locator('header').boundingBox();
      const logo = await box();
      await page.evaluate(
        `document.getElementById('room-name').textContent = 'a very long name '.repeat(20)`,
      );
      t.same(await box(), logo);
      t.same(await page.locator('header').boundingBox(), header);
      t.equal(await page.evaluate('document.documentElement.scrollWidth'), size.width);
      await page.evaluate(`document.getElementById('room-name').textContent = 'a'.repeat(300)`);
      t.same(await box(), logo);
      t.equal(await page.evaluate('document.documentElement.scrollWidth'), size.width);
    }
  });

  t.test('what stands on the colour of somebody can be read', async (t) => {
    const [ada] = await meet('Ada');
    const writing = `getComputedStyle(document.querySelector('.face')).color`;
    for (const [color, on] of [
      ['#fff3b0', 'rgb(0, 0, 0)'],
      ['#20104d', 'rgb(255, 255, 255)'],
    ]) {
      await ada.do(`tandem.room.presence.update({ color: '${color}' })`);
      await ada.until(`document.querySelector('.face').style.getPropertyValue('--person') === '${color}'`);
      t.equal(await ada.do(writing), on);
    }
  });

  t.test('what is drawn no more leaves the graphics card', async (t) => {
    const drawing = await openBrowser(t, drawnInSoftware);
    const url = `http://127.0.0.1:${server.port}/?room=drawn`;
    const viewport = { width: 400, height: 300 };
    const ada = await Window.open(drawing, url, 'Ada', { script: counting, viewport });
    await ada.do('tandem.drawn');
    await ada.until(`tandem.onScreen('sun') !== undefined`);
    const round = `(async () => {
      const frames = () => new Promise((resolve) => {
        let left = 3;
        const next = () => (left-- > 0 ? requestAnimationFrame(next) : resolve());
        next();
      });
      const { scene } = tandem.room;
      for (const kind of ['planet-ring', 'sun', 'shelf']) {
        await scene.add('new', { kind, place: 'planets', transform: { position: { x: 1, y: 0, z: 1 } } });
        await frames();
        await scene.remove('new');
        await frames();
      }
      return { ...card };
    })()`;
    const first = await ada.do(round);
    for (let n = 0; n < 3; n++) await ada.do(round);
    t.same(await ada.do(round), first);
    t.same(ada.faults, []);
  });
}

/** How much there is on the graphics card. */
const counting = `
  window.card = { buffers: 0, textures: 0, programs: 0 };
  for (const [name, what] of [['Buffer', 'buffers'], ['Texture', 'textures'], ['Program', 'programs']]) {
    const context = WebGL2RenderingContext.prototype;
    const [make, free] = [context['create' + name], context['delete' + name]];
    context['create' + name] = function () { card[what] += 1; return make.call(this); };
    context['delete' + name] = function (one) { card[what] -= 1; return free.call(this, one); };
  }
`;
