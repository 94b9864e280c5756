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
