import type { Browser } from 'playwright-core';
import t, { type Test } from 'tap';
import { isBrowserThere, openBrowser } from '../support/browser.ts';
import { connect } from '../support/client.ts';
import { startServer } from '../support/servers.ts';
import { noWebGl, openSite, Window } from './page-windows.ts';

t.setTimeout(550_000);

if (isBrowserThere(t)) {
  const browser = await openBrowser(t);
  t.test('a message is read out once, whoever comes and whatever is said after it', (t) => chat(t, browser));
  t.test('a crowd is told in one sentence, and who was away for a moment in none', (t) => crowd(t, browser));
  t.test('names tell who holds a thing and what colour it may have, and do not change with the time', (t) =>
    names(t, browser),
  );
  t.test('that the connection is away is read out once, and not with each attempt', (t) => away(t, browser));
}

/** Collects in `told` what comes into an element: what screen readers would read out. */
const listen = (id: string) => `{
  window.told = [];
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) told.push(...[...addedNodes].map((one) => one.textContent));
  }).observe(document.getElementById('${id}'), { childList: true });
}`;

async function chat(t: Test, browser: Browser): Promise<void> {
  const server = await startServer({ DEMO: '1', RATE_LIMIT: '1000/1s' });
  t.teardown(() => server.close());
  const open = (name: string) =>
    Window.open(browser, `http://127.0.0.1:${server.port}/`, name, { script: noWebGl });
  const [ada, ben] = [await open('Ada'), await open('Ben')];
  await ada.show('chat');
  await ada.do(listen('messages'));
  for (const text of ['one', 'two', 'three']) await ben.do(`tandem.room.chat.send('${text}')`);
  await ben.do(`tandem.room.presence.update({ name: 'Benno' })`);
  await ada.page.waitForSelector('#messages b >> text=Benno');
  const told: string[] = await ada.do('told');
  t.same(
    told.map((one) => /one|two|three/.exec(one)?.[0]),
    ['one', 'two', 'three'],
  );
  t.equal(await ada.page.locator('#messages b:visible').count(), 1, 'who says several things is named once');

  await ada.show('items');
  await ben.do(`Promise.all(Array.from({ length: 220 }, (_, at) => tandem.room.chat.send('more ' + at)))`);
  await ada.page.waitForSelector('#unread >> text=200');
  await ada.show('chat');
  await ada.show('items');
  await ben.do(`tandem.room.chat.send('still more')`);
  await ada.page.waitForSelector('#unread >> text=/^1$/');
  t.equal(
    await ada.page.locator('#messages li').count(),
    200,
    'also where the earliest are not kept any more',
  );
}

/** What waits for others to come waits until the test says so. */
const gathering = `
  window.gathered = [];
  const later = window.setTimeout;
  window.setTimeout = (then, ms, ...more) => (ms === 1500 ? gathered.push(then) : later(then, ms, ...more));
`;

async function crowd(t: Test, browser: Browser): Promise<void> {
  const server = await startServer({ DEMO: '1' });
  t.teardown(() => server.close());
  const script = `${noWebGl}${gathering}`;
  const ada = await Window.open(browser, `http://127.0.0.1:${server.port}/`, 'Ada', { script });
  const tell = () => ada.do('gathered.splice(0).forEach((then) => then())');
  const are = (count: number) => ada.until(`tandem.room.presence.users.length === ${count}`);
  await tell();
  await ada.do(listen('said'));
  const join = async (userId: string) => {
    const one = await connect(server.port);
    await one.ask({ type: 'join', roomId: 'demo', user: { userId, name: userId } });
    return one;
  };
  const [ben, cleo] = await Promise.all(['ben', 'cleo', 'dana', 'emil'].map(join));
  await are(5);
  await tell();
  await ben?.ask({ type: 'leave', roomId: 'demo' });
  await are(4);
  await join('ben');
  await are(5);
  await cleo?.ask({ type: 'leave', roomId: 'demo' });
  await are(4);
  await tell();
  t.same(await ada.do('told'), ['4 people have come.', 'cleo has left.']);
}

async function names(t: Test, browser: Browser): Promise<void> {
  const server = await startServer({ DEMO: '1' });
  t.teardown(() => server.close());
  const ada = await Window.open(browser, `http://127.0.0.1:${server.port}/`, 'Ada', { script: noWebGl });
  await ada.page.click('[data-item=mars]');
  await ada.page.getByRole('button', { name: 'Mars You', exact: true }).waitFor();
  await ada.until(`/0:5\\d$/.test(document.querySelector('[data-item=mars] .who').textContent)`);
  t.equal(await ada.page.getByRole('button', { name: 'Mars You', exact: true }).count(), 1);
  await ada.page.getByRole('group', { name: 'Colour' }).getByRole('button', { name: 'Blue' }).click();
  await ada.until(`tandem.room.scene.items.get('mars').color === '#3e82d6'`);
  await ada.page.click('#people button');
  t.ok(await ada.page.getByRole('radio', { name: 'Teal' }).isVisible());
}

async function away(t: Test, browser: Browser): Promise<void> {
  const site = await openSite(t);
  const ada = await Window.open(browser, site.url, 'Ada', { script: noWebGl });
  await ada.until(`document.getElementById('status-text').textContent === 'Connected'`);
  await ada.do(listen('status-text'));
  await ada.do(
    `window.attempts = 0, tandem.client.on('status', (one) => one === 'connecting' && attempts++)`,
  );
  await site.kill();
  await ada.until('attempts > 3');
  await site.startAgain();
  await ada.until(`document.getElementById('status-text').textContent === 'Connected'`);
  t.same(await ada.do('told'), ['Reconnecting; edits are kept', 'Connected']);
}
