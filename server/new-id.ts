import { randomFillSync } from 'node:crypto';

const ID_BYTES = 16;

// Asking the system once for many: a crowd that arrives needs several ids each.
const pool = Buffer.alloc(256 * ID_BYTES);
let at = pool.length;

/** 128 random bits, in 22 characters of base64url. */
export function newId(): string {
  if (at === pool.length) {
    randomFillSync(pool);
    at = 0;
  }
  at += ID_BYTES;
  return pool.toString('base64url', at - ID_BYTES, at);
}
