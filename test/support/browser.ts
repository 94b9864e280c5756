import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import type { Test } from 'tap';

/** Where Debian puts it; CHROMIUM names another one. */
const path = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Asks nobody for anything, and needs neither a sandbox nor a screen. */
const flags = [
  '--no-sandbox',
  '--disable-background-networking',
  '--no-first-run',
  '--disable-component-update',
  '--disable-sync',
];

/** Says how to install the browser where it is missing, which is a failure only for CI. */
export function isBrowserThere(t: Test): boolean {
  if (existsSync(path)) return true;
  const advice = `there is no ${path}: install it with \`apt-get install chromium\`, or name one in CHROMIUM`;
  if (process.env.CI) t.fail(advice);
  else t.comment(advice);
  return false;
}

/** WebGL without a graphics card. */
export const drawnInSoftware = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];

/** A real browser with a user-data directory of its own, which ends with the test. */
export async function openBrowser(t: Test, more: readonly string[] = ['--disable-gpu']): Promise<Browser> {
  // A profile in a directory of its own is what launch makes, and removes.
  const browser = await chromium.launch({
    executablePath: path,
    args: [...flags, ...more],
    headless: true,
    timeout: 100_000,
  });
  t.teardown(() => browser.close());
  return browser;
}
