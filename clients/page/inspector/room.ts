import { arrange, element, part, say } from '../common/element.ts';
import type { Logged, Present, RoomDetail } from './api.ts';

interface MemberRow {
  readonly node: HTMLElement;
  readonly dot: HTMLElement;
  readonly name: HTMLElement;
  readonly hint: HTMLElement;
  readonly kick: HTMLElement;
}

/** One room: who is there, and what happened lately. */
export class RoomPanel {
  readonly #kick: (userId: string, name: string) => void;
  #members = new Map<string, MemberRow>();
  /** By all that they say: what stays is left alone, so that it can be read, and copied. */
  #entries = new Map<string, HTMLElement>();

  constructor(kick: (userId: string, name: string) => void) {
    this.#kick = kick;
  }

  /** @param log undefined: the token may not read it */
  show(room: RoomDetail, log: readonly Logged[] | undefined, why = ''): void {
    part('room').hidden = false;
    part('no-room').hidden = true;
    say(part('room-title'), room.roomId);
    say(part('room-place'), `version ${room.version} · offset ${room.offset} · epoch ${room.epoch}`);
    const names = new Map(room.members.map((one) => [one.userId, nameOf(one)]));
    this.#members = new Map(
      room.members.map((member) => {
        const row = this.#members.get(member.userId) ?? this.#add(member.userId);
        describe(row, member);
        return [member.userId, row];
      }),
    );
    arrange(
      part('members'),
      [...this.#members.values()].map(({ node }) => node),
    );
    say(
      part('no-log'),
      log === undefined ? why : log.length === 0 ? 'Nothing is kept of what happened.' : '',
    );
    this.#entries = new Map(
      [...(log ?? [])].reverse().map((entry) => {
        const key = JSON.stringify([entry, entry.userId && names.get(entry.userId), room.epoch]);
        return [key, this.#entries.get(key) ?? entryOf(entry, names)];
      }),
    );
    arrange(part('log'), [...this.#entries.values()]);
  }

  hide(why: string): void {
    part('room').hidden = true;
    part('no-room').hidden = false;
    say(part('no-room'), why);
  }

  #add(userId: string): MemberRow {
    const [dot, name, hint] = [
      element('i', { class: 'dot' }),
      element('b'),
      element('span', { class: 'hint' }),
    ];
    const ask = () => this.#kick(userId, name.textContent);
    const kick = element('button', { class: 'kick', onclick: ask }, 'Send away');
    const who = element('span', { class: 'who' }, name, hint);
    return { node: element('li', { 'data-user': userId }, dot, who, kick), dot, name, hint, kick };
  }
}

function describe({ dot, name, hint, kick }: MemberRow, member: Present): void {
  const { userId, connections, color, lastSeen } = member;
  if (typeof color === 'string' && /^#[0-9a-f]{6}$/i.test(color)) dot.style.background = color;
  say(name, nameOf(member));
  kick.setAttribute('aria-label', `Send away ${nameOf(member)}`);
  const more = connections === 1 ? '1 connection' : `${connections} connections`;
  say(hint, `${userId} · ${more} · seen ${ago(Date.now() - lastSeen)}`);
}

function nameOf({ userId, name }: Present): string {
  return typeof name === 'string' && name.trim() !== '' ? name : userId;
}

function entryOf(entry: Logged, names: ReadonlyMap<string, string>): HTMLElement {
  const { offset, kind, userId, timestamp } = entry;
  const who = userId === undefined ? '' : (names.get(userId) ?? userId);
  const time = timestamp === undefined ? '' : new Date(timestamp).toLocaleTimeString();
  return element(
    'li',
    { 'data-kind': kind },
    element('span', { class: 'offset' }, String(offset)),
    element('span', { class: `kind ${kind}` }, titles[kind as keyof typeof titles] ?? kind),
    element('span', { class: 'what' }, contentOf(entry)),
    element('span', { class: 'hint' }, [who, time].filter((one) => one !== '').join(' · ')),
  );
}

const titles = { operations: 'scene', text: 'text', message: 'chat', event: 'event' } as const;

const MOST = 240;

function contentOf({
  kind,
  operations = [],
  toVersion,
  documentId,
  version,
  operation,
  text,
  event,
  data,
}: Logged): string {
  switch (kind) {
    case 'operations':
      return short(`v${toVersion} ${operationsOf(operations)}`);
    case 'text':
      return short(`${documentId} v${version} ${JSON.stringify(operation)}`);
    case 'message':
      return short(text ?? '');
    default:
      return short(`${event} ${JSON.stringify(data)}`);
  }
}

/** What each changed; of many, what they were about. */
function operationsOf(operations: NonNullable<Logged['operations']>): string {
  const isMany = operations.length > 3;
  const parts = operations.map(({ type, target, id, data }) => {
    const thing = `${type} ${target === 'scene' ? 'scene' : id}`;
    return isMany || data === undefined ? thing : `${thing} ${JSON.stringify(data)}`;
  });
  return isMany ? `${parts.length} operations: ${parts.join(', ')}` : parts.join('; ');
}

const short = (text: string) => (text.length > MOST ? `${text.slice(0, MOST)}…` : text);

function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 5) return 'just now';
  return seconds < 120 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
}
