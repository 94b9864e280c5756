import type { Browser } from 'playwright-core';
import t, { type Test } from 'tap';
import { token } from '../native/person.ts';
import { drawnInSoftware, isBrowserThere, openBrowser } from '../support/browser.ts';
import { startServer } from '../support/servers.ts';
import { noWebGl, openSite, pictures, type Seen, type Site, type Way, Window } from './page-windows.ts';

t.setTimeout(550_000);

/** The ways in which the page is tried. */
const ways: readonly Way[] = ['websocket', 'event-stream'];

/** Two windows are drawn without a graphics card: what takes the time here is the number of pixels. */
const viewport = { width: 640, height: 420 };

if (isBrowserThere(t)) {
  const browser = await openBrowser(t, drawnInSoftware);
  for (const way of ways) {
    t.test(`two windows edit together, and lose nothing (${way})`, (t) => together(t, browser, way));
  }
  t.test('where there is no WebGL everything else works', (t) => withoutWebGl(t, browser));
  t.test('where tokens are asked for, the page asks, and takes one out of its address', (t) =>
    withToken(t, browser),
  );
}

const x = ({ items }: Seen, id: string) => items[id]?.transform.position.x ?? Number.NaN;

async function together(t: Test, browser: Browser, way: Way): Promise<void> {
  const site = await openSite(t);
  const picture = pictures(t);
  const [ada, ben] = await Promise.all(
    ['Ada', 'Ben'].map((name) => Window.open(browser, site.url, name, { way, viewport })),
  );
  if (ada === undefined || ben === undefined) throw new Error('there are two windows');
  t.ok(await ada.do('tandem.drawn'), 'the scene is drawn');
  for (const one of [ada, ben]) {
    await one.until('document.querySelectorAll("#people .face").length === 2');
    await one.until('document.querySelectorAll("[data-item]").length === 15');
  }

  const begun = await ada.seen();
  const drag = await ada.grab('earth');
  for (let step = 1; step <= 8; step++) await drag(step * 6, step * 2);
  await ada.letGo();
  await ada.until('tandem.room.pending === 0');
  const dragged = await same(t, ada, ben);
  t.ok(dragged.version > begun.version + 1, 'it moves while it is dragged');
  t.ok(Math.abs(x(dragged, 'earth') - x(begun, 'earth')) > 0.2, 'and the other sees it where it is');

  t.match(
    await ben.page.textContent('[data-item=earth] .who'),
    /^Ada · \d:/,
    'who holds it, and how long still',
  );
  await ben.page.click('[data-item=earth]');
  await ben.page.waitForSelector('#shown .warning');
  t.match(await ben.page.textContent('#shown .warning'), 'Ada holds Earth.', 'a lock is respected');
  t.ok(await ben.page.isDisabled('#detail [aria-label="Turn left"]'));
  await ben.page.click('[data-item=mars]');
  await ben.page.waitForSelector('#detail >> text=Mars');
  await ada.until(`document.querySelector('[data-item=mars] .who').textContent.startsWith('Ben')`);
  await ben.page.focus('#canvas');
  await ben.page.keyboard.down('ArrowRight');
  await ben.until(`tandem.room.scene.items.get('mars').transform.position.x > ${x(dragged, 'mars') + 0.3}`);
  await ben.page.keyboard.up('ArrowRight');
  await ben.until('tandem.room.pending === 0');
  t.ok(x(await same(t, ada, ben), 'mars') > x(dragged, 'mars') + 0.3, 'keys move as well as the mouse');
  await picture(ada, 'planets');

  await ada.page.click('#undo');
  await ada.until(`tandem.room.scene.items.get('earth').transform.position.x === ${x(begun, 'earth')}`);
  t.equal(x(await same(t, ada, ben), 'earth'), x(begun, 'earth'), 'a whole drag is undone at once');
  await ada.page.click('#redo');
  await ada.until(`tandem.room.scene.items.get('earth').transform.position.x === ${x(dragged, 'earth')}`);

  await Promise.all([ada.show('chat'), ben.show('chat')]);
  await ben.page.locator('#message').pressSequentially('Shall we?');
  await ada.until(`document.getElementById('typing').textContent === 'Ben is typing…'`);
  await ben.page.press('#message', 'Enter');
  await ada.page.waitForSelector('#messages .other >> text=Shall we?');

  await Promise.all([ada.show('notes'), ben.show('notes')]);
  await ada.page.locator('#notes').pressSequentially('From here to there');
  await ben.until(`document.getElementById('notes').value === 'From here to there'`);
  for (const { page } of [ada, ben]) {
    await page.focus('#notes');
    await page.evaluate(`document.getElementById('notes').setSelectionRange(4, 4)`);
  }
  await Promise.all([
    ada.page.keyboard.type(' aaaaaaaa', { delay: 5 }),
    ben.page.keyboard.type(' bbbbbbbb', { delay: 5 }),
  ]);
  await ada.page.waitForSelector('#carets [data-name=Ben]', { state: 'attached' });
  await Promise.all([ada, ben].map((one) => one.until('tandem.room.pending === 0')));
  const { notes } = await same(t, ada, ben);
  t.match(notes, /^From.{18} here to there$/, 'what both write at one place is kept');
  t.same([...notes.matchAll(/[ab]/g)].length, 16);
  t.equal(await ada.page.inputValue('#notes'), notes, 'and shown');
  await picture(ben, 'notes');

  const other = '.label.eye:not([hidden])';
  await ada.page.waitForSelector(other, { state: 'attached' });
  await ben.page.click('[data-place=living]');
  await ada.page.waitForSelector(other, { state: 'detached' });
  t.pass('where somebody looks from is seen by those who are there, too');
  await ben.page.click('[data-place=planets]');

  await crash(t, site, ada, ben);
  await cut(t, ada, ben);
  await picture(ada, 'after');
  t.same([ada.faults, ben.faults], [[], []], 'nothing went wrong in the pages');
}

/** The server dies while both drag and write, and comes back. */
async function crash(t: Test, site: Site, ada: Window, ben: Window): Promise<void> {
  await Promise.all([ada, ben].map((one) => one.show('items')));
  for (const [one, name] of [
    [ada, 'a'],
    [ben, 'b'],
  ] as const) {
    await one.do(`window.acknowledged = []; window.said = 0; window.saying = setInterval(() => {
      if (said === 60) return;
      const text = '${name}' + (++said);
      tandem.room.chat.send(text).then(() => acknowledged.push(text));
    }, 100); 0`);
  }
  const [left, right] = [await ada.grab('venus'), await ben.grab('jupiter')];
  for (let step = 1; step <= 4; step++) await Promise.all([left(step * -5, 0), right(step * 5, 0)]);
  await ada.until('acknowledged.length > 3');
  const killed = site.kill();
  for (let step = 5; step <= 8; step++) await Promise.all([left(step * -5, 0), right(step * 5, 0)]);
  await killed;
  const promised: string[][] = await Promise.all([ada, ben].map((one) => one.do('[...acknowledged]')));
  await ada.until(`document.getElementById('status').dataset.status !== 'open'`);
  t.ok((await ada.seen()).pending > 0, 'what is done meanwhile waits');
  for (let step = 9; step <= 12; step++) await Promise.all([left(step * -5, 0), right(step * 5, 0)]);
  await site.startAgain();
  await Promise.all(
    [ada, ben].map((one) => one.until(`document.getElementById('status').dataset.status === 'open'`)),
  );
  for (let step = 13; step <= 15; step++) await Promise.all([left(step * -5, 0), right(step * 5, 0)]);
  await Promise.all([ada.letGo(), ben.letGo()]);
  const said: number[] = await Promise.all([ada, ben].map((one) => one.do('clearInterval(saying), said')));
  await Promise.all(
    [ada, ben].map((one) => one.until('tandem.room.pending === 0 && acknowledged.length === said')),
  );

  const seen = await same(t, ada, ben);
  const ofServer = await fetch(`${site.url}api/rooms/demo/state`, {
    headers: { authorization: `Bearer ${await token({ sub: 'operator', scope: ['admin'] })}` },
  });
  const { version, manifest } = (await ofServer.json()) as { version: number; manifest: Pick<Seen, 'items'> };
  t.same(
    { version, items: manifest.items },
    { version: seen.version, items: seen.items },
    'as the server has it',
  );
  for (const [index, name] of ['a', 'b'].entries()) {
    const own = seen.messages.filter((text) => new RegExp(`^${name}\\d`).test(text));
    const all = Array.from({ length: said[index] ?? 0 }, (_, one) => `${name}${one + 1}`);
    t.ok((promised[index]?.length ?? 0) > 0, 'some were acknowledged before');
    t.same(own, all, 'everything that was said is there once, and in order');
  }
}

/** The page's own way to see recovery: the line is cut, one goes on, and mends it. */
async function cut(t: Test, ada: Window, ben: Window): Promise<void> {
  await ada.page.click('[data-item=saturn]');
  await ada.page.waitForSelector('#detail >> text=Saturn');
  await ada.page.click('#cut');
  await ada.until(`document.getElementById('status-text').textContent.startsWith('Cut off')`);
  await ada.page.click('#detail [aria-label="Left"]');
  await ada.page.click('#detail [aria-label=Blue]');
  t.ok((await ada.seen()).pending > 0);
  t.equal((await ada.seen()).items.saturn?.color, '#3e82d6', 'it shows at once');
  t.not((await ben.seen()).items.saturn?.color, '#3e82d6');
  await ada.page.click('#cut');
  await ada.until(`tandem.room.pending === 0 && document.getElementById('status').dataset.status === 'open'`);
  t.equal((await same(t, ada, ben)).items.saturn?.color, '#3e82d6');
}

/** Waits until both windows have come as far, and checks that they see the same. */
async function same(t: Test, ada: Window, ben: Window): Promise<Seen> {
  const end = await ada.do(`tandem.room.chat.send('.')`);
  const has = `tandem.room.chat.messages.some(({ id }) => id === '${end}')`;
  await Promise.all([ada, ben].map((one) => one.until(has)));
  const [one, other] = await Promise.all([ada.seen(), ben.seen()]);
  t.same(one, other, 'both windows see the same');
  return one;
}

async function withoutWebGl(t: Test, browser: Browser): Promise<void> {
  const server = await startServer({ DEMO: '1' });
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${server.port}/?room=plain`;
  const ada = await Window.open(browser, url, 'Ada', { script: noWebGl });
  t.notOk(await ada.do('tandem.drawn'));
  await ada.page.waitForSelector('#no-webgl:not([hidden])');
  await ada.page.focus('[data-item=sofa]');
  await ada.page.keyboard.press('ArrowDown');
  await ada.page.keyboard.press('Enter');
  await ada.page.waitForSelector('#detail:not([hidden]) >> text=Armchair');
  const before = x(await ada.seen(), 'armchair');
  await ada.page.focus('#detail [aria-label="Right"]');
  await ada.page.keyboard.press('Enter');
  await ada.until('tandem.room.pending === 0');
  t.equal(x(await ada.seen(), 'armchair'), before + 0.25);
  await ada.show('notes');
  await ada.page.locator('#notes').pressSequentially('Still here');
  await ada.until('tandem.room.pending === 0');
  t.match(await ada.seen(), { notes: 'Still here' });
  t.same(ada.faults, []);
}

async function withToken(t: Test, browser: Browser): Promise<void> {
  const server = await startServer({ DEMO: '1', AUTH: 'required' });
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${server.port}/`;
  const page = await (await browser.newContext()).newPage();
  await page.addInitScript(noWebGl);
  await page.goto(url);
  await page.waitForSelector('#sign-in[open]');
  await page.fill('#token', await token({ sub: 'ada', name: 'Ada' }));
  await page.click('#sign-in button');
  await page.waitForSelector('#status[data-status=open]');
  t.equal(await page.evaluate('tandem.room.userId'), 'ada');
  await page.close();
  const other = await (await browser.newContext()).newPage();
  await other.addInitScript(noWebGl);
  await other.goto(`${url}#token=${await token({ sub: 'ben' })}`);
  await other.waitForSelector('#status[data-status=open]');
  t.equal(await other.evaluate('tandem.room.userId'), 'ben');
  t.equal(other.url(), url, 'the address, which people copy, does not hold it any more');
}
