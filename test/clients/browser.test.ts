import type { Page } from 'playwright-core';
import t from 'tap';
import { indexedDbOutbox } from '../../clients/client/storage/index.ts';
import { isBrowserThere } from '../support/browser.ts';
import { kept, pages, rows } from './browser-pages.ts';
import { until } from './stage.ts';

t.setTimeout(550_000);

t.test('where a server renders pages, a store for the browser can be named', (t) => {
  const known = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  t.teardown(() => known && Object.defineProperty(globalThis, 'navigator', known));
  // As in Node 20.
  Object.defineProperty(globalThis, 'navigator', { value: undefined, configurable: true });
  t.type(indexedDbOutbox('app').load, 'function');
  t.end();
});

if (isBrowserThere(t)) {
  t.test('in a browser: what a page that came over http has left is sent by the next one, too', async (t) => {
    const { open, run, ben } = await pages(t, 'tandem.test');
    const page = await open();
    t.equal(await page.evaluate('globalThis.isSecureContext'), false);
    const start = (isDeaf: boolean) => `
      const outbox = tandem.indexedDbOutbox('test');
      globalThis.client = tandem.connect('ws://' + location.host + '/ws', { WebSocket: ${isDeaf ? 'Deaf' : 'WebSocket'}, outbox });
      globalThis.room = client.join('r', { user: { userId: 'ada' } });
      room.chat.send('one').catch(() => {});
      room.joined`;
    await run(page, start(true));
    await kept(page, 1);
    await page.reload();
    await run(page, start(false).replace(/room.chat.*/, ''));
    await until(() => ben.chat.messages.length === 1, 'the message');
  });

  t.test(
    'in a browser: what a client that was closed has left is sent by the next one of the page',
    async (t) => {
      const { open, run, ben } = await pages(t);
      const page = await open();
      await run(
        page,
        `(async () => {
        globalThis.outbox = tandem.indexedDbOutbox('test');
        globalThis.enter = async (WebSocket) => {
          const client = tandem.connect('ws://' + location.host + '/ws', { WebSocket, outbox });
          const room = client.join('r', { user: { userId: 'ada' } });
          await room.joined;
          return { client, room };
        };
        globalThis.first = await enter(Deaf);
        for (const text of ['one', 'two']) first.room.chat.send(text).catch(() => {});
      })()`,
      );
      await kept(page, 2);
      await page.evaluate(`(async () => {
      first.client.close();
      const { room } = await enter(WebSocket);
      room.chat.send('three');
    })()`);
      await until(() => ben.chat.messages.length === 3, 'all messages');
      t.same(
        ben.chat.messages.map(({ text }) => text),
        ['one', 'two', 'three'],
      );
      await kept(page, 0);
    },
  );

  t.test('in a browser where WebSockets are blocked it goes over an event stream', async (t) => {
    const { open, run, ben } = await pages(t);
    const page = await open();
    await run(
      page,
      `(async () => {
        class Blocked { constructor() { throw new Error('blocked'); } }
        globalThis.client = tandem.connect('ws://' + location.host + '/ws', { WebSocket: Blocked });
        globalThis.room = client.join('r', { user: { userId: 'ada' } });
        await room.joined;
        await room.scene.add('lamp', { name: 'Lampe 😀' });
      })()`,
    );
    t.equal(await page.evaluate('client.transport'), 'event-stream');
    await until(() => ben.scene.items.has('lamp'), 'the lamp');
    await ben.chat.send('grüße');
    const heard = () => page.evaluate('room.chat.messages.map(({ text }) => text).join()');
    while ((await heard()) !== 'grüße') await new Promise((resolve) => setTimeout(resolve, 10));
    t.equal(ben.presence.others.length, 1);
    // As a person does: the page hears of it.
    await page.close({ runBeforeUnload: true });
    await until(() => ben.presence.others.length === 0, 'the goodbye of the page');
  });

  t.test('in a browser: a page that is loaded anew in mid-drag, a tab that crashes, two tabs', async (t) => {
    const { open, run, ben } = await pages(t);
    /** @param isDeaf nothing that the page posts is answered: it waits for all of it */
    const start = async (page: Page, isDeaf: boolean) => {
      await run(
        page,
        `(async () => {
          const outbox = tandem.indexedDbOutbox('test');
          const client = tandem.connect('ws://' + location.host + '/ws', { outbox, WebSocket: ${isDeaf ? 'Deaf' : 'WebSocket'} });
          globalThis.room = client.join('r', { user: { userId: 'ada' } });
          await room.joined;
        })()`,
      );
    };
    const page = await open();
    await start(page, true);
    await page.evaluate(`
      room.scene.add('lamp', { x: 0 });
      for (let x = 1; x <= 20; x++) room.scene.update('lamp', { x });
      for (const text of ['one', 'two']) room.chat.send(text);
      null;
    `);
    // As long as what earlier pages left is being read, nothing is sent, and steps of a drag become one.
    const waiting = Number(await page.evaluate('room.pending'));
    await kept(page, waiting);
    await page.reload();
    t.equal(ben.scene.items.size, 0);
    const other = await open();
    await Promise.all([start(page, false), start(other, false)]);
    await until(() => ben.scene.items.get('lamp')?.x === 20, 'the drag');
    await until(() => ben.chat.messages.length === 2, 'the messages');
    await kept(page, 0);
    t.equal(ben.scene.version, waiting - 2, 'all but the two messages are of the scene');
    t.same(
      ben.chat.messages.map(({ text }) => text),
      ['one', 'two'],
    );
    const dying = await open();
    await start(dying, true);
    await dying.evaluate(`room.chat.send('three'); null`);
    await kept(page, 1);
    const living = await open();
    await start(living, false);
    await living.evaluate(`room.chat.send('four')`);
    t.equal(await rows(page), 1, 'what is a living tab’s is left to it');
    await dying.close();
    const last = await open();
    await start(last, false);
    await until(() => ben.chat.messages.length === 4, 'what the dead tab has left');
    await kept(last, 0);
    t.same(
      ben.chat.messages.map(({ text }) => text),
      ['one', 'two', 'four', 'three'],
    );
  });
}
