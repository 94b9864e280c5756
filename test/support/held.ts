/**
 * How much a signal holds on to: listeners, and signals that depend on it. Whatever it is kept in, in this version
 * of Node.js or in another, has a size.
 */
export function heldBy(signal: AbortSignal): number {
  const own = signal as unknown as Record<PropertyKey, { size?: unknown } | undefined>;
  const sizes = Reflect.ownKeys(signal).map((key) => own[key]?.size);
  return sizes.filter((size) => typeof size === 'number').reduce((sum, size) => sum + size, 0);
}
