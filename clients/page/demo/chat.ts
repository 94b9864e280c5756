import type { Room } from '../../client/index.ts';
import { arrange, element, part, say } from '../common/element.ts';
import { paint } from './paint.ts';
import type { World } from './world.ts';

/** `typing` is said again while somebody types, and is forgotten where it is not. */
const TYPING_AGAIN_MS = 2000;
const TYPING_LASTS_MS = 4000;
const TARGET = 'chat';

export function openChat(world: World): void {
  const { room, announcer, people } = world;
  const list = part('messages');
  const field = part<HTMLInputElement>('message');
  const panel = part('panel-chat');
  const unread = part('unread');
  const rows = new Map<string, HTMLElement>();
  /** The latest message that was seen, by its id: how many are kept says nothing. */
  let seen: string | undefined;

  const show = () => {
    const { messages } = room.chat;
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    arrange(list, rowsOf(world, messages, rows));
    if (isAtEnd || seen === undefined) list.scrollTop = list.scrollHeight;
    if (!panel.hidden) seen = messages.at(-1)?.id;
    const count = messages.length - 1 - messages.findLastIndex(({ id }) => id === seen);
    unread.hidden = count === 0;
    say(unread, count === 0 ? '' : String(count));
  };
  room.chat.on('change', show);
  room.presence.on('change', show);
  room.chat.on('message', ({ userId, text }) => {
    if (panel.hidden && !people.isMe(userId)) announcer.say(`${people.nameOf(userId)}: ${text}`);
  });
  panel.addEventListener('shown', () => {
    show();
    list.scrollTop = list.scrollHeight;
  });
  part('compose').addEventListener('submit', (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (text === '') return;
    field.value = '';
    tell(false);
    room.chat.send(text).catch(({ message }) => announcer.show(`Not sent: ${message}`, 'warning'));
  });

  let toldAtMs = Number.NEGATIVE_INFINITY;
  const tell = (isTyping: boolean) => {
    const nowMs = performance.now();
    if (isTyping && nowMs - toldAtMs < TYPING_AGAIN_MS) return;
    toldAtMs = isTyping ? nowMs : Number.NEGATIVE_INFINITY;
    room.signal('typing', { isTyping, target: TARGET });
  };
  field.addEventListener('input', () => tell(field.value !== ''));
  showTyping(room, world);
}

function rowsOf(
  { people }: World,
  messages: Room['chat']['messages'],
  rows: Map<string, HTMLElement>,
): HTMLElement[] {
  const ids = new Set(messages.map(({ id }) => id));
  for (const id of rows.keys()) if (!ids.has(id)) rows.delete(id);
  let earlier: string | undefined;
  return messages.map((message) => {
    const { id, userId, userName } = message;
    const row = rows.get(id) ?? rowOf(message);
    rows.set(id, row);
    const [head, name] = [row.querySelector('.from'), row.querySelector('b')];
    if (head instanceof HTMLElement) head.hidden = userId === earlier;
    earlier = userId;
    if (name) say(name, people.nameOf(userId) === userId ? (userName ?? userId) : people.nameOf(userId));
    row.className = people.isMe(userId) ? 'own' : 'other';
    paint(row, people.colorOf(userId));
    return row;
  });
}

function rowOf({ text, timestamp }: Room['chat']['messages'][number]): HTMLElement {
  const time = new Date(timestamp).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  const head = element('p', { class: 'from' }, element('b'), element('time', {}, time));
  return element('li', {}, head, element('p', {}, text));
}

function showTyping(room: Room, { people }: World): void {
  const typing = new Map<string, ReturnType<typeof setTimeout>>();
  const stop = (userId: string) => {
    clearTimeout(typing.get(userId));
    typing.delete(userId);
  };
  const show = () => {
    const names = [...typing.keys()].filter((userId) => people.has(userId)).map((id) => people.nameOf(id));
    say(
      part('typing'),
      names.length === 0 ? '' : `${names.join(', ')} ${names.length > 1 ? 'are' : 'is'} typing…`,
    );
  };
  room.on('typing', ({ userId, isTyping, target }) => {
    if (target !== TARGET || people.isMe(userId)) return;
    stop(userId);
    if (isTyping) {
      const end = () => {
        stop(userId);
        show();
      };
      typing.set(userId, setTimeout(end, TYPING_LASTS_MS));
    }
    show();
  });
}
