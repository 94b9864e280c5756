import { part, say } from '../common/element.ts';
import { session } from '../common/session.ts';
import { Api, Refused } from './api.ts';
import { Figures } from './figures.ts';
import { RoomPanel } from './room.ts';
import { Rooms } from './rooms.ts';

const LOOK_MS = 2000;

const figures = new Figures();
const rooms = new Rooms((roomId) => {
  chosen = roomId;
  look();
});
const panel = new RoomPanel((userId, name) => askToKick(userId, name));
let api: Api | undefined;
let chosen: string | undefined;
let looking: Promise<void> | undefined;
let isAsked = false;

/** The token stays in this window, until it is closed or one signs out. */
const stored = session.getItem('admin-token');
if (stored === null) askForToken('');
else signIn(stored);

part('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  const token = part<HTMLInputElement>('token').value.trim();
  if (token !== '') signIn(token);
});
part('sign-out').addEventListener('click', () => askForToken(''));
part('filter').addEventListener('input', () => look());
setInterval(() => document.visibilityState === 'visible' && looking === undefined && look(), LOOK_MS);

function signIn(token: string): void {
  api = new Api(token);
  session.setItem('admin-token', token);
  look();
}

function askForToken(why: string): void {
  api = undefined;
  session.removeItem('admin-token');
  part<HTMLInputElement>('token').value = '';
  part('sign-in').hidden = false;
  part('board').hidden = true;
  part('sign-out').hidden = true;
  say(part('why'), why);
  part('token').focus();
}

/** Looks once more, and once only at a time: then again, where that was asked for meanwhile. */
function look(): Promise<void> {
  isAsked = true;
  looking ??= lookWhileAsked().finally(() => {
    looking = undefined;
  });
  return looking;
}

async function lookWhileAsked(): Promise<void> {
  while (isAsked) {
    isAsked = false;
    await lookOnce();
  }
}

async function lookOnce(): Promise<void> {
  const asked = api;
  if (asked === undefined) return;
  try {
    const { rooms: all, hasMore } = await asked.rooms(part<HTMLInputElement>('filter').value.trim());
    if (asked !== api) return;
    part('sign-in').hidden = true;
    part('board').hidden = false;
    part('sign-out').hidden = false;
    chosen ??= [...all].sort((a, b) => b.members - a.members)[0]?.roomId;
    rooms.show(all, hasMore, chosen);
    // A proxy may keep the metrics from everybody: the rest is as useful without.
    figures.show(await asked.metrics().catch(() => undefined));
    await lookInto(asked, chosen);
    say(part('trouble'), '');
  } catch (error) {
    if (asked !== api) return;
    const { status = 0, message } = error as Partial<Refused> & Error;
    if (status === 401 || status === 403) askForToken(message);
    else say(part('trouble'), message);
  }
}

async function lookInto(asked: Api, roomId: string | undefined): Promise<void> {
  if (roomId === undefined) return panel.hide('Choose a room.');
  try {
    const room = await asked.room(roomId);
    const log = await asked.log(roomId).catch((error: Refused) => error);
    if (roomId !== chosen) return;
    if (log instanceof Refused) panel.show(room, undefined, log.message);
    else panel.show(room, log);
  } catch (error) {
    if ((error as Refused).status !== 404) throw error;
    if (roomId !== chosen) return;
    panel.hide('Nobody is in this room any more, and it holds nothing.');
    chosen = undefined;
  }
}

function askToKick(userId: string, name: string): void {
  const dialog = part<HTMLDialogElement>('kick');
  say(part('kick-title'), `Send ${name} away?`);
  dialog.returnValue = '';
  dialog.onclose = async () => {
    if (dialog.returnValue !== 'kick' || api === undefined) return;
    try {
      const count = await api.kick(userId);
      say(
        part('done'),
        `${name} was sent away: ${count} ${count === 1 ? 'connection' : 'connections'} ended.`,
      );
    } catch (error) {
      // Not among the troubles of looking, which end with the next look.
      say(part('done'), `${name} could not be sent away: ${(error as Error).message}`);
    }
    await look();
  };
  dialog.showModal();
}
