import { BlockList, isIPv6 } from 'node:net';
import type { Rate } from '../dispatch/rate-limit.ts';

/** How the text of a setting is read. */
export interface Form<T> {
  /** What the text should be, as the end of the sentence "expected …". */
  readonly expected: string;
  /** `undefined`: the text is not as expected. */
  read(text: string): T | undefined;
}

/** The longest time that a timer of Node can wait. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** A whole number in decimal digits. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Form<number> {
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return {
    expected: `a whole number ${range}`,
    read(text) {
      const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

export function milliseconds(min: number): Form<number> {
  return { ...integer(min, MAX_TIMER_MS), expected: `milliseconds, from ${min} to ${MAX_TIMER_MS}` };
}

export function oneOf<const T extends string>(...words: T[]): Form<T> {
  return { expected: words.join(' or '), read: (text) => words.find((word) => word === text) };
}

export const text: Form<string> = { expected: 'some text', read: (given) => given };

export const host: Form<string> = {
  expected: 'a host name or address',
  read: (given) => (/^[\w.:%[\]-]+$/.test(given) ? given.replace(/^\[(.*)\]$/, '$1') : undefined),
};

/** Without braces, which say where a cluster keeps a key. */
export const keyPrefix: Form<string> = {
  expected: 'up to 64 letters, digits and : . _ - /',
  read: (given) => (/^[\w:./-]{1,64}$/.test(given) ? given : undefined),
};

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90s`, `15m`, `1h`, `7d`, `500ms`; the number may be left out (`s` is `1s`). In milliseconds. */
export const duration: Form<number> = {
  expected: 'a duration such as 90s, 15m, 1h or 7d',
  read(given) {
    const [, digits, unit] = /^(\d{0,9})(ms|s|m|h|d)$/.exec(given) ?? [];
    if (digits === undefined || unit === undefined) return undefined;
    const value = Number(digits || 1) * unitMs[unit as keyof typeof unitMs];
    return value > 0 ? value : undefined;
  },
};

const MOST_IN_A_RATE = 1_000_000;

/** `60/10s`: so many in so long. `burst`: how many times that count may come at once. */
export function rate(burst: number): Form<Rate> {
  return {
    expected: `a count and a time such as 60/10s; the count is ${MOST_IN_A_RATE} at most`,
    read(given) {
      const [digits, time, ...more] = given.split('/');
      const count = integer(1, MOST_IN_A_RATE).read(digits ?? '');
      const windowMs = duration.read(time ?? '');
      if (count === undefined || windowMs === undefined || more.length > 0) return undefined;
      return { count, windowMs, burst: count * burst };
    },
  };
}

export function url(...schemes: string[]): Form<URL> {
  return {
    expected: `a URL (${schemes.map((scheme) => `${scheme}//`).join(' or ')})`,
    read(given) {
      const parsed = URL.canParse(given) ? new URL(given) : undefined;
      return parsed && schemes.includes(parsed.protocol) ? parsed : undefined;
    },
  };
}

/** As Standard Webhooks writes it: base64, with `whsec_` in front or without. */
export const signingSecret: Form<Uint8Array> = {
  expected: 'base64 of 24 to 64 random bytes, such as `openssl rand -base64 32` prints',
  read(given) {
    const base64 = given.trim().replace(/^whsec_/, '');
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
    const bytes = Buffer.from(base64, 'base64');
    return bytes.length >= 24 && bytes.length <= 64 ? new Uint8Array(bytes) : undefined;
  },
};

/** Words between commas. */
export function someOf<const T extends string>(...words: T[]): Form<readonly T[]> {
  return {
    expected: `some of ${words.join(', ')}, separated by commas`,
    read(given) {
      const found = given.split(',').map((part) => words.find((word) => word === part.trim()));
      return found.every((word) => word !== undefined) ? found : undefined;
    },
  };
}

/** Addresses and ranges (CIDR), of IPv4 and IPv6, between commas. */
export const addresses: Form<BlockList> = {
  expected: 'addresses and ranges such as 10.0.0.7, 10.0.0.0/8 or fd00::/8, separated by commas',
  read(given) {
    const list = new BlockList();
    try {
      for (const part of given.split(',')) addTo(list, part.trim());
      return list;
    } catch {
      return undefined;
    }
  },
};

/** Throws where it is neither an address nor a range. */
function addTo(list: BlockList, part: string): void {
  const [, address = '', bits] = /^([\d.:a-f]+)(?:\/(\d{1,3}))?$/i.exec(part) ?? [];
  const type = isIPv6(address) ? 'ipv6' : 'ipv4';
  if (bits === undefined) list.addAddress(address, type);
  else list.addSubnet(address, Number(bits), type);
}

/** Origins (RFC 6454) between commas, or `*`, which is no part of one. A slash at the end is forgiven. */
export const origins: Form<readonly string[]> = {
  expected: 'whole origins such as https://app.example, separated by commas, or * for all',
  read(given) {
    const found = given.split(',').map((part) => (part.trim() === '*' ? '*' : originOf(part.trim())));
    return found.every((origin) => origin !== undefined) ? found : undefined;
  },
};

function originOf(given: string): string | undefined {
  if (!URL.canParse(given)) return undefined;
  const { protocol, origin, href } = new URL(given);
  return /^https?:$/.test(protocol) && href === `${origin}/` && !origin.includes('*') ? origin : undefined;
}
