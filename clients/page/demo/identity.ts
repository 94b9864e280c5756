import type { limits } from '../../../protocol/limits.ts';
import { userIdIn } from '../../client/token.ts';
import { isKept, session } from '../common/session.ts';

/** Distinct on light and on dark, and from one another. */
export const COLORS = [
  '#0090ff',
  '#f76b15',
  '#30a46c',
  '#8e4ec6',
  '#e5484d',
  '#12a594',
  '#d6409f',
  '#c28a00',
] as const;

export const COLOR_NAMES: Readonly<Record<(typeof COLORS)[number], string>> = {
  '#0090ff': 'Blue',
  '#f76b15': 'Orange',
  '#30a46c': 'Green',
  '#8e4ec6': 'Violet',
  '#e5484d': 'Red',
  '#12a594': 'Teal',
  '#d6409f': 'Pink',
  '#c28a00': 'Gold',
};

export const NAMES = [
  'Ada',
  'Ben',
  'Cleo',
  'Dana',
  'Emil',
  'Fay',
  'Gus',
  'Hana',
  'Ivo',
  'Juno',
  'Kai',
  'Lea',
  'Milo',
  'Nia',
  'Otis',
  'Pia',
  'Quin',
  'Rosa',
  'Sol',
  'Tess',
  'Uri',
  'Vera',
  'Wim',
  'Yara',
  'Zoe',
];

/** Who sits in front of this window. Kept for as long as the window is open: two windows are two people. */
export interface Identity {
  readonly userId: string;
  name: string;
  color: string;
  /** Undefined: a guest. */
  readonly token: string | undefined;
  /** By the token: the others see it, whatever is said here. */
  readonly givenName: string | undefined;
}

/**
 * A token comes behind the `#` of the address, which browsers keep to themselves, and is taken out of it at once; or
 * it was pasted.
 */
export function identify(): Identity {
  const given = tokenInAddress();
  // Nothing is loaded by itself where only that has changed.
  addEventListener('hashchange', () => tokenInAddress() !== null && location.reload());
  if (given !== null) {
    keep(given);
    history.replaceState(null, '', `${location.pathname}${location.search}`);
  }
  const token = session.getItem('token') ?? undefined;
  const userId = (token && userIdIn(token)) ?? guestId();
  return {
    userId,
    token,
    givenName: token && nameIn(token),
    name: kept('name', () => pick(NAMES)),
    color: kept('color', () => pick(COLORS)),
  };
}

const MAX_NAME_LENGTH: typeof limits.MAX_ID_LENGTH = 200;

/** As the server takes it: what cannot be shown is none. */
function nameIn(token: string): string | undefined {
  try {
    const [, payload = ''] = token.split('.');
    const binary = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (one) => one.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes));
    const name: unknown = claims.name ?? claims.userName;
    const isShort = typeof name === 'string' && name !== '' && name.length <= MAX_NAME_LENGTH;
    return isShort ? name : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Kept for as long as the window is open and does not crash; of one that is duplicated all is copied, but whoever that
 * was is there.
 */
function guestId(): string {
  const { wasDiscarded = false } = document as { wasDiscarded?: boolean };
  if (session.getItem('isThere') !== null && !wasDiscarded) session.removeItem('userId');
  // Told after each load, and where a window comes back to a page that it had kept.
  addEventListener('pageshow', () => session.setItem('isThere', 'yes'));
  addEventListener('pagehide', () => session.removeItem('isThere'));
  return kept('userId', () => `guest-${randomId()}`);
}

function tokenInAddress(): string | null {
  return new URLSearchParams(location.hash.slice(1)).get('token');
}

/** Whether name and colour were thought of by the page. */
export function isAnonymous(): boolean {
  return session.getItem('chosen') === null;
}

export function remember({ name, color }: Pick<Identity, 'name' | 'color'>): void {
  session.setItem('name', name);
  session.setItem('color', color);
  session.setItem('chosen', 'yes');
}

/** Begins anew as the bearer of this token. */
export function signIn(token: string): void {
  if (isKept) keep(token);
  else history.replaceState(null, '', `#token=${encodeURIComponent(token)}`);
  location.reload();
}

/** An empty one is none. */
function keep(token: string): void {
  if (token.trim() === '') session.removeItem('token');
  else session.setItem('token', token.trim());
}

function kept(key: string, make: () => string): string {
  const value = session.getItem(key) ?? make();
  session.setItem(key, value);
  return value;
}

function pick(from: readonly string[]): string {
  return from[Math.floor(Math.random() * from.length)] ?? '';
}

/** `crypto.randomUUID` is there only where a page came over https. */
export function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(6))].map((byte) => byte.toString(36)).join('');
}
