import { arrange, element, part, say } from '../common/element.ts';
import { COLOR_NAMES, COLORS, isAnonymous, NAMES, remember, signIn } from './identity.ts';
import { paint } from './paint.ts';
import type { World } from './world.ts';

/** Who is there; a click on oneself changes name and colour. */
export function showPeople(world: World): void {
  const { room, people, me } = world;
  const more = element('li', { class: 'more' });
  let faces = new Map<string, HTMLElement>();
  room.presence.on('change', (users) => {
    const sorted = [...users].sort((a, b) => Number(people.isMe(b.userId)) - Number(people.isMe(a.userId)));
    const shown = sorted.slice(0, MOST).map(({ userId }) => userId);
    faces = new Map(shown.map((userId) => [userId, faces.get(userId) ?? avatar(world, userId)]));
    for (const [userId, face] of faces) label(world, userId, face);
    say(more, `+${sorted.length - MOST}`);
    arrange(part('people'), [...faces.values(), ...(sorted.length > MOST ? [more] : [])]);
  });

  room.joined.then(
    () => setTimeout(() => beDistinct(world), DISTINCT_AFTER_MS),
    () => {},
  );

  const dialog = part<HTMLDialogElement>('profile');
  const name = part<HTMLInputElement>('name');
  const choices = COLORS.map((color) => {
    const input = element('input', {
      type: 'radio',
      name: 'color',
      value: color,
      'aria-label': COLOR_NAMES[color],
    });
    input.style.setProperty('--color', color);
    return input;
  });
  part('colors').append(...choices);
  part('cancel').addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    if (dialog.returnValue !== 'save') return;
    if (!name.readOnly) me.name = name.value.trim() || me.name;
    me.color = choices.find(({ checked }) => checked)?.value ?? me.color;
    remember(me);
    room.presence.update({ name: me.name, color: me.color }).catch(() => {});
  });
  part('people').addEventListener('click', (event) => {
    if ((event.target as Element).closest('button') === null) return;
    dialog.returnValue = '';
    name.readOnly = me.givenName !== undefined;
    name.value = me.givenName ?? me.name;
    part('name-given').hidden = !name.readOnly;
    for (const choice of choices) choice.checked = choice.value === me.color;
    dialog.showModal();
    name.select();
  });
}

const MOST = 6;
const DISTINCT_AFTER_MS = 300;

/** Who has not chosen a name and a colour takes those that nobody has. */
function beDistinct({ room, me }: World): void {
  if (!isAnonymous()) return;
  const others = room.presence.others;
  const color = free(
    COLORS,
    me.color,
    others.map((one) => one.color),
  );
  const name = free(
    NAMES,
    me.name,
    others.map((one) => one.name),
  );
  if (color === me.color && name === me.name) return;
  Object.assign(me, { color, name });
  room.presence.update({ name, color }).catch(() => {});
}

function free(from: readonly string[], own: string, taken: readonly unknown[]): string {
  return taken.includes(own) ? (from.find((one) => !taken.includes(one)) ?? own) : own;
}

function avatar({ people }: World, userId: string): HTMLElement {
  const face = people.isMe(userId)
    ? element('button', { class: 'face' })
    : element('span', { class: 'face', role: 'img' });
  return element('li', {}, face);
}

function label({ people }: World, userId: string, { firstElementChild: face }: HTMLElement): void {
  if (!(face instanceof HTMLElement)) return;
  const name = people.nameOf(userId);
  const text = people.isMe(userId) ? `${name}, you: change name and colour` : name;
  say(face, [...name][0]?.toUpperCase() ?? '?');
  face.setAttribute('aria-label', text);
  face.title = text;
  paint(face, people.colorOf(userId));
}

/** Asks for a token, where the server does not let anybody in. */
export function askForToken(why: string): void {
  const dialog = part<HTMLDialogElement>('sign-in');
  if (dialog.open) return;
  say(part('why'), why);
  dialog.addEventListener('close', () => {
    // Escape closes it in the end, whatever the page says: nothing works without a token.
    if (dialog.returnValue === 'sign-in') signIn(part<HTMLTextAreaElement>('token').value);
    else dialog.showModal();
  });
  dialog.showModal();
}
