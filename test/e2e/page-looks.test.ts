import type { Browser } from 'playwright-core';
import t, { type Test } from 'tap';
import { isBrowserThere, openBrowser } from '../support/browser.ts';
import { startServer } from '../support/servers.ts';
import { noWebGl, Window } from './page-windows.ts';

t.setTimeout(550_000);

/** A window of 1280 × 720 at 200 %, one of 1280 × 1024 at 400 %, a small phone, and a flat window. */
const sizes = [
  { width: 640, height: 360 },
  { width: 320, height: 256 },
  { width: 320, height: 568 },
  { width: 1100, height: 300 },
];

if (isBrowserThere(t)) {
  const browser = await openBrowser(t);
  const server = await startServer({ DEMO: '1' });
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${server.port}/?room=looks`;
  const ada = await opened(browser, url);
  for (const size of sizes) {
    t.test(`all is within reach in a window of ${size.width} × ${size.height}`, (t) => reach(t, ada, size));
  }
  t.test('where few colours are shown, one sees what is chosen, and who and what has which', (t) =>
    fewColours(t, ada),
  );
  t.test('one sees what has the focus', (t) => focusSeen(t, ada));
  t.test('what is written, and where one writes, stands out', (t) => contrast(t, ada));
  t.test('however long names are, all stays where it belongs', (t) => longNames(t, browser, server.port));
}

async function opened(browser: Browser, url: string): Promise<Window> {
  const window = await Window.open(browser, url, 'Ada', { script: noWebGl });
  await window.page.waitForSelector('[data-item=stool]');
  return window;
}

async function reach(t: Test, { page }: Window, size: { width: number; height: number }): Promise<void> {
  await page.setViewportSize(size);
  // A click scrolls to what is clicked, and fails where something else covers it.
  for (const way of ['#tab-notes', '#notes', '#tab-chat', '#message', '#tab-items', '[data-item=stool]']) {
    await page.click(way, { timeout: 5000 });
  }
  for (const way of ['#detail [aria-label=Remove]', '#slow', '#undo', '#people button', '#skip']) {
    await page.locator(way).scrollIntoViewIfNeeded({ timeout: 5000 });
  }
  await page.click('[data-item=stool]');
  await page.waitForSelector('#detail', { state: 'hidden' });
  t.ok(((await page.locator('#items').boundingBox())?.height ?? 0) > 60, 'some items are seen at once');
  t.equal(await page.evaluate('document.documentElement.scrollWidth'), size.width, 'nothing lies beside it');
}

async function fewColours(t: Test, { page }: Window): Promise<void> {
  await page.setViewportSize({ width: 1100, height: 700 });
  await page.emulateMedia({ forcedColors: 'active' });
  await page.click('#tab-items');
  await page.click('[data-item=mars]');
  await page.click('#slow');
  const paint = (selector: string) =>
    page.evaluate(`(() => {
      const { backgroundColor, color } = getComputedStyle(document.querySelector(${JSON.stringify(selector)}));
      return backgroundColor + ' under ' + color;
    })()`);
  for (const [chosen, other] of [
    ['[data-place=planets]', '[data-place=living]'],
    ['#tab-items', '#tab-chat'],
    ['[data-item=mars]', '[data-item=sun]'],
    ['#slow', '#cut'],
  ] as const) {
    t.not(await paint(chosen), await paint(other), chosen);
  }
  t.not(await paint('[data-item=mars] .swatch'), await paint('[data-item=sun] .swatch'));
  t.not(await paint('#colors input:first-of-type'), await paint('#colors input:last-of-type'));
  t.not(await paint('.face'), await paint('#people'));
  const ground = `getComputedStyle(document.documentElement).getPropertyValue('--panel')`;
  t.equal(await page.evaluate(ground), 'Canvas', 'what they are on is of the colours that were chosen');
  await page.click('#slow');
  await page.click('[data-item=mars]');
  await page.emulateMedia({ forcedColors: 'none' });
}

async function focusSeen(t: Test, { page }: Window): Promise<void> {
  for (const [tab, id, frame] of [
    ['#tab-notes', 'notes', 'paper'],
    ['#tab-chat', 'messages', 'messages'],
  ] as const) {
    await page.click(tab);
    await page.focus(tab);
    for (let steps = 0; steps < 3 && (await page.evaluate('document.activeElement.id')) !== id; steps++) {
      await page.keyboard.press('Tab');
    }
    t.equal(await page.evaluate('document.activeElement.id'), id);
    t.ok(await page.evaluate(`(${isFramed})(document.getElementById('${frame}'))`), `${id} is framed`);
  }
}

async function contrast(t: Test, { page }: Window): Promise<void> {
  await page.click('#tab-notes');
  await page.evaluate(`document.getElementById('unread').hidden = false`);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const ratio = async (selector: string, one: string, other: string): Promise<number> =>
      page.evaluate(`(${contrastOf})(document.querySelector('${selector}'), '${one}', '${other}')`);
    const unread = await ratio('#unread', 'color', 'backgroundColor');
    t.ok(unread >= 4.5, `how much was not read, ${colorScheme}: ${unread}`);
    for (const field of ['#paper', '#message', '#name']) {
      const frame = await ratio(field, 'borderTopColor', 'backgroundColor');
      t.ok(frame >= 3, `the frame of ${field}, ${colorScheme}: ${frame}`);
    }
  }
  await page.emulateMedia({ colorScheme: null });
  await page.evaluate(`document.getElementById('unread').hidden = true`);
}

async function longNames(t: Test, browser: Browser, port: number): Promise<void> {
  const open = (name: string) =>
    Window.open(browser, `http://127.0.0.1:${port}/?room=names`, name, { script: noWebGl });
  const [ada, ben] = [await open('Ada'), await open('Ben')];
  const [short, long] = ['Mars', 'b'.repeat(200)];
  await ben.do(`tandem.room.presence.update({ name: 'n'.repeat(150) + '\\n'.repeat(49) + 'n' })`);
  await ben.do(`tandem.room.scene.add('long', { kind: 'stool', place: 'planets', name: '${long}' })`);
  /** Whether what is written there can be seen, and within what. */
  const isWithin = (inner: string, outer: string) =>
    ada.page.evaluate(`(() => {
      const [one, all] = [${JSON.stringify(inner)}, ${JSON.stringify(outer)}].map((selector) =>
        document.querySelector(selector).getBoundingClientRect());
      return one.width > 20 && one.left >= all.left && one.right <= all.right;
    })()`);
  for (const id of ['long', 'mars']) {
    await ben.page.click(`[data-item=${id}]`);
    await ada.page.waitForSelector(`[data-item=${id}].held`);
    for (const what of ['.name', '.who', '.who span:last-child']) {
      t.ok(await isWithin(`[data-item=${id}] ${what}`, `[data-item=${id}]`), `${what} of ${id}`);
    }
    const { height = 0 } = (await ada.page.locator(`[data-item=${id}]`).boundingBox()) ?? {};
    t.ok(height > 20 && height < 60, `${id} is in one line: ${height}`);
  }
  const name = `document.querySelector('[data-item=mars] .name')`;
  t.ok(await ada.do(`${name}.scrollWidth <= ${name}.clientWidth`), `all of ${short} is read`);
  await ada.page.click('[data-item=mars]');
  await ada.page.waitForSelector('#shown .warning');
  t.ok(await isWithin('#shown .warning', '#stage'), 'what is told of somebody');
  t.ok(await isWithin('#detail .hint', '#detail'), 'and of who holds what is selected');
  await ada.page.click('[data-item=long]');
  await ada.page.waitForSelector('#detail strong >> text=bbb');
  t.ok(await isWithin('#detail strong', '#detail'), 'what is selected');
  await ada.show('chat');
  await ben.do(`tandem.room.chat.send('Hello')`);
  await ben.do(`tandem.room.signal('typing', { isTyping: true, target: 'chat' })`);
  await ada.page.waitForSelector('#messages .other');
  t.ok(await isWithin('#messages .from b', '#messages'), 'who says something');
  t.ok(await isWithin('#messages time', '#messages'), 'and when');
  await ada.until(`document.getElementById('typing').textContent !== ''`);
  t.ok(await ada.do(`document.getElementById('typing').scrollWidth <= 348`), 'who writes');
}

/** By the formula of WCAG, of two colours of an element. */
const contrastOf = `(one, ...names) => {
  const style = getComputedStyle(one);
  const [dark, light] = names.map((name) => {
    const [r, g, b] = style[name].match(/[0-9]+/g).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }).sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}`;

/** Whether an element has an outline that nothing cuts off. */
const isFramed = `(one) => {
  const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(one);
  const far = parseFloat(outlineWidth) + parseFloat(outlineOffset);
  const { left, right } = one.getBoundingClientRect();
  const clip = one.closest('.panel').getBoundingClientRect();
  return outlineStyle !== 'none' && left - far >= clip.left && right + far <= clip.right;
}`;
