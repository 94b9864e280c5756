import { tokenRefused } from '../../client/token.ts';
import { part, say } from '../common/element.ts';
import { openChat } from './chat.ts';
import { tellComings } from './comings.ts';
import { showConnection } from './connection.ts';
import { Detail } from './detail.ts';
import { furnish, positionOf, tidy } from './furnishing.ts';
import { Hand } from './hand.ts';
import { Holds } from './holds.ts';
import { identify } from './identity.ts';
import { Items } from './items.ts';
import { listenToKeys } from './keys.ts';
import { openNotes } from './notes.ts';
import { Places } from './places.ts';
import { askForToken, showPeople } from './profile.ts';
import { openTabs } from './tabs.ts';
import { openWorld } from './world.ts';

const roomId = new URLSearchParams(location.search).get('room')?.trim() || 'demo';
const world = openWorld(identify(), roomId);
const { room, client } = world;

say(part('room-name'), roomId);
document.title = `${roomId} · Tandem`;
showConnection(world);
showPeople(world);
tellComings(world);
openTabs();
const holds = new Holds(world);
const hand = new Hand(world, holds);
listenToKeys(world, hand);
new Detail(world, hand, holds);
openNotes(world);
openChat(world);
const places = new Places(world, (place) => {
  items.sort();
  hand.select(undefined);
  view?.go(place);
});
const items = new Items(world, hand, holds, places.go);
part('tidy').addEventListener('click', () => tidy(room).catch(() => {}));

const needsToken = new Set([...tokenRefused, 'UNAUTHENTICATED', 'FORBIDDEN']);
client.on('error', ({ code, message }) => needsToken.has(code) && askForToken(message));
room.joined.then(
  () => furnish(room),
  // An INVALID_FIELD is the id of the room, by then: no token makes it one.
  ({ code, message }) => code !== 'INVALID_FIELD' && needsToken.has(code) && askForToken(message),
);

// The largest part comes last: everything else works without it.
let view: import('./scene/view.ts').View | undefined;
const loaded = import('./scene/view.ts');
loaded.catch(() =>
  say(part('why-not-drawn'), 'The scene could not be loaded; loading the page anew may help.'),
);
const drawn = loaded.then(({ View }) => {
  view = new View(part<HTMLCanvasElement>('canvas'), part('labels'), world, hand, holds);
  return view.first;
});
drawn.catch((error: unknown) => {
  console.warn(error);
  part('canvas').hidden = true;
  part('no-webgl').hidden = false;
});

/** For the console, and for tests: `tandem.room.scene.items`, `tandem.cut()`. */
const handle = {
  client,
  room,
  /** Resolves with true when the scene is drawn, false where it cannot be. */
  drawn: drawn.then(
    () => true,
    () => false,
  ),
  /** Where an item of the present place is in the window; undefined where it is not drawn. */
  onScreen(id: string) {
    const item = room.scene.items.get(id);
    if (view === undefined || item === undefined) return undefined;
    const group = view.things.groupOf(id);
    const { x, z } = positionOf(item);
    return group && view.onScreen(group.position.clone().set(x, 0.3, z));
  },
};
export type Handle = typeof handle;
Object.assign(window, { tandem: handle });
