import { randomBytes } from 'node:crypto';

/** A name for one life of a log: 16 characters, random. */
export function createEpoch(): string {
  return randomBytes(12).toString('base64url');
}
