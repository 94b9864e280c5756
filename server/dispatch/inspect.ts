import { isPlainObject, Refusal } from '../../protocol/index.ts';

const reserved = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Refuses what no schema should ever see, anywhere in a message: nesting beyond `maxDepth` (TOO_DEEP),
 * reserved keys (FORBIDDEN_KEY), numbers that JSON can write but that are not finite, as 1e999
 * (INVALID_FIELD), and bytes, which come by Socket.IO (BINARY_DATA).
 */
export function inspect(message: unknown, maxDepth: number): void {
  // Paths are only made where they are needed: this runs for every message.
  if (!isFine(message, maxDepth)) refuse(message, '', maxDepth, maxDepth);
}

function isFine(value: unknown, left: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  if (left === 0) return false;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) if (!isFine(value[index], left - 1)) return false;
    return true;
  }
  if (ArrayBuffer.isView(value)) return false;
  if (!isPlainObject(value)) return true;
  for (const key of Object.keys(value)) if (reserved.has(key) || !isFine(value[key], left - 1)) return false;
  return true;
}

/** Throws for the first thing in a value that is not fine. */
function refuse(value: unknown, path: string, left: number, limit: number): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Refusal('INVALID_FIELD', { path, expected: 'a finite number' });
  }
  if (typeof value !== 'object' || value === null) return;
  if (left === 0) throw new Refusal('TOO_DEEP', { limit });
  if (ArrayBuffer.isView(value)) throw new Refusal('BINARY_DATA', { path });
  if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) refuse(one, `${path}[${index}]`, left - 1, limit);
  } else if (isPlainObject(value)) {
    for (const key of Object.keys(value)) {
      const name = path === '' ? key : `${path}.${key}`;
      if (reserved.has(key)) throw new Refusal('FORBIDDEN_KEY', { path: name });
      refuse(value[key], name, left - 1, limit);
    }
  }
}
