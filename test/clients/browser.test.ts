import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { indexedDbOutbox } from '../../clients/client/storage/index.ts';
import { isBrowserThere, openBrowser } from '../support/browser.ts';
import { source } from '../support/program.ts';
import { clientStage, until } from './stage.ts';

t.setTimeout(550_000);

/** What a page loads. */
async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        export { connect } from './clients/client/index.ts';
        export { indexedDbOutbox } from './clients/client/storage/index.ts';
      `,
      resolveDir: source(''),
    },
    bundle: true,
    format: 'iife',
    globalName: 'tandem',
    platform: 'browser',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

/** How many commands a page has kept. */
const rows = (page: Page) =>
  page.evaluate(
    `new Promise((resolve) => {
      const opening = indexedDB.open('tandem-outbox:test', 1);
      opening.onsuccess = () => {
        const all = opening.result.transaction('commands').objectStore('commands').getAll();
        all.onsuccess = () => { opening.result.close(); resolve(all.result.length); };
      };
    })`,
  ) as Promise<number>;

async function kept(page: Page, count: number): Promise<void> {
  while ((await rows(page)) !== count) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A server, somebody in the room, and pages of the server's own origin. */
async function pages(t: Test, host = '127.0.0.1') {
  const at = await clientStage(t, { HEARTBEAT_GRACE_MS: '900000' });
  const ben = at.client().join('r', { user: { userId: 'ben' } });
  await ben.joined;
  const browser = await openBrowser(t, ['--disable-gpu', '--host-resolver-rules=MAP tandem.test 127.0.0.1']);
  const context = await browser.newContext();
  const script = await bundled();
  return {
    at,
    ben,
    async open() {
      const page = await context.newPage();
      await page.goto(`http://${host}:${at.server.port}/health`);
      return page;
    },
    /** With the client as `tandem`. */
    async run(page: Page, code: string) {
      await page.evaluate(script.replace('var tandem', 'globalThis.tandem'));
      return page.evaluate(code);
    },
  };
}

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
      class Deaf extends WebSocket {
        send(text) { if (!${isDeaf} || /"type":"(join|auth)"/.test(text)) super.send(text); }
      }
      const outbox = tandem.indexedDbOutbox('test');
      globalThis.client = tandem.connect('ws://' + location.host + '/ws', { WebSocket: Deaf, outbox });
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
        class Deaf extends WebSocket {
          send(text) { if (/"type":"(join|auth)"/.test(text)) super.send(text); }
        }
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
      t.equal(ben.chat.messages.length, 2);
    },
  );

  t.test('in a browser: what is deleted while it is used is made anew', async (t) => {
    const { open, run } = await pages(t);
    const page = await open();
    await run(
      page,
      `(async () => {
        class Deaf extends WebSocket {
          send(text) { if (/"type":"(join|auth)"/.test(text)) super.send(text); }
        }
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

  t.test('in a browser: a page that is loaded anew in mid-drag, a tab that crashes, two tabs', async (t) => {
    const { open, run, ben } = await pages(t);
    /** @param isDeaf nothing that the page posts is answered: it waits for all of it */
    const start = async (page: Page, isDeaf: boolean) => {
      await run(
        page,
        `(async () => {
          const isDeaf = ${isDeaf};
          const outbox = tandem.indexedDbOutbox('test');
          class Deaf extends WebSocket {
            send(text) { if (!isDeaf || /"type":"(join|auth)"/.test(text)) super.send(text); }
          }
          const client = tandem.connect('ws://' + location.host + '/ws', { outbox, WebSocket: Deaf });
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
