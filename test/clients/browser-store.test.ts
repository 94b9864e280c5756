import t from 'tap';
import { isBrowserThere } from '../support/browser.ts';
import { kept, pages } from './browser-pages.ts';
import { until } from './stage.ts';

t.setTimeout(550_000);

if (isBrowserThere(t)) {
  t.test(
    'in a browser: a store that has no room, or does not open, is told, and nobody waits for it',
    async (t) => {
      const { open, run, ben } = await pages(t);
      const page = await open();
      const enter = `(async () => {
      const outbox = tandem.indexedDbOutbox('test');
      const client = tandem.connect('ws://' + location.host + '/ws', { outbox });
      globalThis.room = client.join('r', { user: { userId: 'ada' } });
      globalThis.errors = [];
      room.on('error', ({ code }) => errors.push(code));
      await room.joined;
      await room.chat.send('x'.repeat(1000));
    })()`;
      const told = async () => {
        while ((await page.evaluate('errors.length')) === 0)
          await new Promise((resolve) => setTimeout(resolve, 10));
        return page.evaluate('[...new Set(errors)].join()');
      };
      const devtools = await page.context().newCDPSession(page);
      const { origin } = new URL(page.url());
      await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
      await run(page, enter);
      t.equal(await told(), 'STORE_FAILED');
      await devtools.send('Storage.overrideQuotaForOrigin', { origin });
      await page.reload();
      // Somebody holds it open, and somebody else would have it gone.
      await page.evaluate(`new Promise((resolve) => {
      const opening = indexedDB.open('tandem-outbox:test', 1);
      opening.onsuccess = () => {
        globalThis.held = opening.result;
        indexedDB.deleteDatabase('tandem-outbox:test').onblocked = resolve;
      };
    })`);
      await run(page, enter);
      t.equal(await told(), 'STORE_FAILED');
      await until(() => ben.chat.messages.length === 2, 'both messages');
    },
  );

  t.test('in a browser: what is deleted while it is used is made anew', async (t) => {
    const { open, run } = await pages(t);
    const page = await open();
    await run(
      page,
      `(async () => {
        const outbox = tandem.indexedDbOutbox('test');
        const client = tandem.connect('ws://' + location.host + '/ws', { outbox, WebSocket: Deaf });
        globalThis.room = client.join('r', { user: { userId: 'ada' } });
        await room.joined;
        room.chat.send('one');
      })()`,
    );
    await kept(page, 1);
    await page.evaluate(`new Promise((resolve) => {
      indexedDB.deleteDatabase('tandem-outbox:test').onsuccess = resolve;
    })`);
    await page.evaluate(`room.chat.send('two'); null`);
    await kept(page, 1);
  });
}
