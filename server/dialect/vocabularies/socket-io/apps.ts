import { freeCursor } from '../../../../protocol/index.ts';
import type { Vocabulary } from '../../dialect.ts';
import type { Ref, RoomView } from '../../events.ts';
import { originOf, type SocketEvent } from '../../framings/socket-io-framing.ts';
import { componentMeanings, components, isOfComponents } from './components.ts';
import { personal } from './personal.ts';
import { isOfProjects, projectMeanings, projects } from './projects.ts';
import { roomMeanings, rooms } from './rooms.ts';
import { fieldOf, MAX_ROOM_USERS, type Meanings, read } from './words.ts';

const meanings: Meanings = new Map([...roomMeanings, ...componentMeanings, ...projectMeanings]);

/** Three applications share a namespace: the room says whose it is, or else the event that is answered. */
function vocabularyOf(view: RoomView | undefined, ref: Ref | undefined): Vocabulary {
  const { name } = originOf(ref);
  if (projectMeanings.has(name)) return projects;
  if (view === undefined) return componentMeanings.has(name) ? components : rooms;
  // What an application of rooms asks of a project's room is no join that failed.
  if (isOfProjects(view.roomId) && roomMeanings.has(name)) return rooms;
  return vocabularyIn(view);
}

function vocabularyIn({ roomId }: RoomView): Vocabulary {
  if (roomId.startsWith('user:')) return personal;
  if (isOfProjects(roomId)) return projects;
  return isOfComponents(roomId) ? components : rooms;
}

type Rules = Readonly<Record<string, ((event: never, view: never) => object[]) | null>>;

/** For each of `types`, the rule of whichever vocabulary an event belongs to. */
function chosen<R extends object>(like: R, rulesOf: (vocabulary: Vocabulary) => R): R {
  const types = Object.keys(like);
  return Object.fromEntries(
    types.map((type) => [
      type,
      (event: { ref?: Ref }, view: RoomView | undefined) =>
        (rulesOf(vocabularyOf(view, event.ref)) as Rules)[type]?.(event as never, view as never) ?? [],
    ]),
  ) as R;
}

/** The vocabulary of the namespaces `/` and `/ws`: their event names do not clash. */
export const apps: Vocabulary = {
  maxRoomUsers: MAX_ROOM_USERS,
  answersInOrder: true,
  // Where notifications for a user come to.
  roomOf: (userId) => `user:${userId}`,
  inbound: {
    schemas: { cursor: freeCursor },
    read: (message, caller) => read(meanings, message as SocketEvent, caller),
    nameOf: (path, _, ref) => meanings.get(originOf(ref).name)?.fields?.[path] ?? fieldOf(path),
  },
  room: chosen(rooms.room, (vocabulary) => vocabulary.room),
  signal: (event, view) => vocabularyIn(view).signal?.(event, view) ?? [],
  // None of them has a word for the whole state.
  direct: { ...chosen(rooms.direct, (vocabulary) => vocabulary.direct), state: null },
};
