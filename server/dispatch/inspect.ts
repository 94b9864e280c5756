import { isPlainObject, Refusal } from '../../protocol/index.ts';

const reserved = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Refuses what no schema should ever see, anywhere in a message: nesting beyond `maxDepth` (TOO_DEEP),
 * reserved keys (FORBIDDEN_KEY), numbers that JSON can write but that are not finite, as 1e999
 * (INVALID_FIELD), and bytes, which come by Socket.IO (BINARY_DATA).
 */
export function inspect(message: unknown, maxDepth: number): void {
  inspectValue(message, '', maxDepth, maxDepth);
}

function inspectValue(value: unknown, path: string, left: number, limit: number): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Refusal('INVALID_FIELD', { path, expected: 'a finite number' });
  }
  if (typeof value !== 'object' || value === null) return;
  if (left === 0) throw new Refusal('TOO_DEEP', { limit });
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const one: unknown = value[index];
      // Paths are only made where they are needed: this runs for every message.
      if (typeof one === 'object' || (typeof one === 'number' && !Number.isFinite(one))) {
        inspectValue(one, `${path}[${index}]`, left - 1, limit);
      }
    }
    return;
  }
  if (ArrayBuffer.isView(value)) throw new Refusal('BINARY_DATA', { path });
  if (!isPlainObject(value)) return;
  for (const key of Object.keys(value)) {
    if (reserved.has(key)) throw new Refusal('FORBIDDEN_KEY', { path: path === '' ? key : `${path}.${key}` });
    const one = value[key];
    if (typeof one === 'object' || (typeof one === 'number' && !Number.isFinite(one))) {
      inspectValue(one, path === '' ? key : `${path}.${key}`, left - 1, limit);
    }
  }
}
