import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { Test } from 'tap';
import { freePort } from '../support/servers.ts';
import { type ChildServer, startChildServer } from './child-server.ts';

/** How a page reaches the server; `event-stream`: where WebSocket is blocked. */
export type Way = 'websocket' | 'event-stream';

/** Also where drawing would only take time. */
export const noWebGl = 'HTMLCanvasElement.prototype.getContext = () => null;';

/** All that a room keeps, as a window sees it. */
export interface Seen {
  version: number;
  items: Record<string, { color?: string; transform: { position: { x: number; y: number; z: number } } }>;
  notes: string;
  messages: string[];
  pending: number;
}

/** A server with a durable store that can be killed and started again at the same address. */
export interface Site {
  readonly url: string;
  server: ChildServer;
  /** SIGKILL, at whatever it is. */
  kill(): Promise<void>;
  startAgain(): Promise<void>;
}

export async function openSite(t: Test): Promise<Site> {
  const port = await freePort();
  const env = {
    DEMO: '1',
    WS_PORT: String(port),
    STORE: 'lmdb',
    DATA_DIR: join(t.testdir({ data: {} }), 'data'),
    RATE_LIMIT: '1000/1s',
    LOG_LEVEL: 'info',
  };
  const start = () => startChildServer(t, { env });
  const site: Site = {
    url: `http://127.0.0.1:${port}/`,
    server: await start(),
    kill: () => site.server.kill(),
    async startAgain() {
      site.server = await start();
    },
  };
  return site;
}

export interface Opening {
  readonly way?: Way;
  /** Run in the page before any of its own. */
  readonly script?: string;
  /** In pixels; the smaller, the less there is to draw. */
  readonly viewport?: { readonly width: number; readonly height: number };
}

/** One person in front of the page. */
export class Window {
  readonly page: Page;
  readonly faults: string[];

  private constructor(page: Page, faults: string[]) {
    this.page = page;
    this.faults = faults;
  }

  static async open(
    browser: Browser,
    url: string,
    name: string,
    { way = 'websocket', script = '', viewport = { width: 900, height: 600 } }: Opening = {},
  ): Promise<Window> {
    const context = await browser.newContext({
      viewport,
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const faults: string[] = [];
    page.on('pageerror', ({ message }) => faults.push(message));
    page.on(
      'console',
      (one) => /Content Security Policy|TrustedScript/.test(one.text()) && faults.push(one.text()),
    );
    // Also from where the scene is seen follows from who one is.
    const kept = { userId: `guest-${name}`, name, chosen: 'yes' };
    await page.addInitScript(`Object.assign(sessionStorage, ${JSON.stringify(kept)})`);
    if (way === 'event-stream') await page.addInitScript(blockWebSocket);
    if (script !== '') await page.addInitScript(script);
    await page.goto(url);
    const window = new Window(page, faults);
    await window.do('tandem.room.joined');
    return window;
  }

  // biome-ignore lint/suspicious/noExplicitAny: what comes from a page
  do(expression: string): Promise<any> {
    return this.page.evaluate(expression);
  }

  seen(): Promise<Seen> {
    return this.do(`(() => {
      const { room } = tandem;
      return JSON.parse(JSON.stringify({
        version: room.scene.version,
        items: Object.fromEntries(room.scene.items),
        notes: room.text('notes').value,
        messages: room.chat.messages.map(({ text }) => text),
        pending: room.pending,
      }));
    })()`);
  }

  /** Waits for as long as it takes that the page says so. */
  async until(expression: string): Promise<void> {
    // Not `waitForFunction`, which evaluates strings in the page: its policy forbids that.
    await this.do(`new Promise((resolve, reject) => {
      const hung = setTimeout(() => reject(new Error(${JSON.stringify(`never: ${expression}`)})), 90_000);
      const look = () => {
        if (!(${expression})) return setTimeout(look, 20);
        clearTimeout(hung);
        resolve();
      };
      look();
    })`);
  }

  show(panel: 'items' | 'notes' | 'chat'): Promise<void> {
    return this.page.click(`#tab-${panel}`);
  }

  /** Takes hold of an item in the scene; what is returned drags it there. */
  async grab(id: string): Promise<(dx: number, dy: number) => Promise<void>> {
    await this.until(`tandem.onScreen('${id}') !== undefined`);
    const { x, y } = await this.do(`tandem.onScreen('${id}')`);
    await this.page.mouse.move(x, y);
    await this.page.mouse.down();
    return (dx, dy) => this.page.mouse.move(x + dx, y + dy);
  }

  letGo(): Promise<void> {
    return this.page.mouse.up();
  }
}

/** Where the pictures go; the directory is said, and stays. */
export function pictures(t: Test): (window: Window, name: string) => Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tandem-page-'));
  t.comment(`pictures: ${directory}`);
  return async ({ page }, name) => {
    await page.screenshot({ path: join(directory, `${name}.png`), timeout: 60_000 });
  };
}

/** Proxies that know no WebSocket end it before it was opened. */
const blockWebSocket = `
  window.WebSocket = class extends EventTarget {
    readyState = 3;
    constructor() {
      super();
      setTimeout(() => {
        this.dispatchEvent(new Event('error'));
        this.dispatchEvent(new CloseEvent('close', { code: 1006 }));
      });
    }
    send() {}
    close() {}
  };
`;
