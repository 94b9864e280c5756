import { isPlainObject, Refusal, reservedKeys } from '../../protocol/index.ts';

const reserved: ReadonlySet<string> = new Set(reservedKeys);

/**
 * Refuses what no schema should ever see, anywhere in a message: nesting beyond `maxDepth` (TOO_DEEP),
 * reserved keys (FORBIDDEN_KEY), numbers that JSON can write but that are not finite, as 1e999
 * (INVALID_FIELD), and bytes, which come by Socket.IO (BINARY_DATA).
 */
export function inspect(message: unknown, maxDepth: number): void {
  const fault = faultIn(message, maxDepth);
  if (fault !== undefined) throw refusalFor(fault, maxDepth);
}

interface Fault {
  readonly code: 'TOO_DEEP' | 'FORBIDDEN_KEY' | 'INVALID_FIELD' | 'BINARY_DATA';
  /** Where it is, the innermost name or index first: they are noted on the way out, where there is a fault at all. */
  readonly path: (string | number)[];
}

/** The first thing at fault in a value. */
function faultIn(value: unknown, left: number): Fault | undefined {
  if (typeof value === 'number')
    return Number.isFinite(value) ? undefined : { code: 'INVALID_FIELD', path: [] };
  if (typeof value !== 'object' || value === null) return undefined;
  if (left === 0) return { code: 'TOO_DEEP', path: [] };
  if (ArrayBuffer.isView(value)) return { code: 'BINARY_DATA', path: [] };
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const fault = faultIn(value[index], left - 1);
      if (fault !== undefined) return within(index, fault);
    }
  } else if (isPlainObject(value)) {
    for (const key of Object.keys(value)) {
      const fault: Fault | undefined = reserved.has(key)
        ? { code: 'FORBIDDEN_KEY', path: [] }
        : faultIn(value[key], left - 1);
      if (fault !== undefined) return within(key, fault);
    }
  }
  return undefined;
}

function within(part: string | number, fault: Fault): Fault {
  fault.path.push(part);
  return fault;
}

function refusalFor({ code, path }: Fault, limit: number): Refusal {
  if (code === 'TOO_DEEP') return new Refusal(code, { limit });
  const parts = path.reverse().map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`));
  const named = { path: parts.join('').replace(/^\./, '') };
  return new Refusal(code, code === 'INVALID_FIELD' ? { ...named, expected: 'a finite number' } : named);
}
