import type { Speech } from './speech.ts';

/** What a load looks for in frames, as bytes. */
export function marksOf({ stamp, last, acknowledged, ping, scene }: Speech) {
  const atStart = acknowledged?.startsWith('^') ?? false;
  return {
    stamp: Buffer.from(stamp),
    last: Buffer.from(last),
    acknowledged: acknowledged === undefined ? undefined : Buffer.from(acknowledged.replace('^', '')),
    atStart,
    ping: ping && Buffer.from(ping[0]),
    scene: scene === undefined ? undefined : Buffer.from(scene),
  };
}

export function startsWith(bytes: Buffer, at: number, what: Buffer): boolean {
  return bytes.compare(what, 0, what.length, at, at + what.length) === 0;
}

/** The digits at a place. */
export function numberAt(bytes: Buffer, at: number): number {
  let value = 0;
  for (let index = at; ; index++) {
    const digit = (bytes[index] as number) - 48;
    if (!(digit >= 0 && digit <= 9)) return value;
    value = value * 10 + digit;
  }
}
