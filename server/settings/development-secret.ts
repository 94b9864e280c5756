import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';

const SECRET_BYTES = 32;

/**
 * The secret of development mode: kept in `DATA_DIR/development-secret` beside the log, readable by its owner
 * only, and made there the first time; with STORE=memory for this run alone.
 *
 * Kept, because then `tandem token` works beside a running server, and a page stays signed in when the server
 * restarts. It opens no more than the directory does: whoever can read this file can read the rooms, and the
 * server answers this machine only. As soon as a key is set, the file is not looked at.
 */
export function developmentSecret({ store, dataDir }: Pick<Config, 'store' | 'dataDir'>): Uint8Array {
  if (store === 'memory') return randomBytes(SECRET_BYTES);
  const path = join(dataDir, 'development-secret');
  mkdirSync(dataDir, { recursive: true });
  try {
    writeFileSync(path, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readSecret(path);
}

function readSecret(path: string): Uint8Array {
  // Windows has no such bits and reports all of them.
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
    throw new Error(`${path} can be read by others; delete it, and a new one is made.`);
  }
  const secret = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64url');
  if (secret.length < SECRET_BYTES) throw new Error(`${path} is damaged; delete it, and a new one is made.`);
  return secret;
}
