import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/*
 * Tests are built with what they test, into one directory, and run in the root of the project: no loader stands
 * between Node.js and hundreds of modules in each of hundreds of processes.
 */

/** A file of the project, by its path from the root. */
export const source = (path: string): string => resolve(path);

/** What has become of a source (a path from the root). */
export const built = (path: string): string => resolve('.build', path.replace(/\.ts$/, '.js'));

/** Arguments of Node.js that load this before a program. As an URL: a path may hold a `#`. */
export const preload = (path: string): string[] => ['--import', pathToFileURL(built(path)).href];

/** Arguments of Node.js that run `tandem` as users do. */
export const program: readonly string[] = [built('server/main.ts')];

/**
 * Why tests that need a program of the system's cannot run here, for tap's `skip`; false: they can.
 *
 * @param probe arguments with which it succeeds
 * @throws {Error} under CI, where nothing is left out without a sign
 */
export function missing(
  name: string,
  probe: readonly string[],
  advice = `apt-get install ${name}`,
  env: NodeJS.ProcessEnv = process.env,
): string | false {
  if (spawnSync(name, probe, { env }).status === 0) return false;
  const reason = `\`${[name, ...probe].join(' ')}\` does not run here: ${advice}`;
  if (process.env.CI) throw new Error(reason);
  return reason;
}
