import { type Operation, Refusal } from '../../../../protocol/index.ts';
import { toOthers, type Vocabulary } from '../../dialect.ts';
import type { RoomEvent, RoomView } from '../../events.ts';
import { emit } from '../../framings/socket-io-framing.ts';
import { itemId, namesIn } from './item-id.ts';
import { rooms } from './rooms.ts';
import {
  acknowledge,
  acknowledged,
  COMPONENT,
  charactersOf,
  ENTITY,
  type Fields,
  fail,
  idOf,
  meaningsOf,
  publishedName,
  relayed,
  transformIn,
  userOf,
  type Words,
} from './words.ts';

/** Whether a room is one of this application's. */
export function isOfComponents(roomId: string): boolean {
  return roomId.startsWith(COMPONENT) || roomId.startsWith(ENTITY);
}

export const componentMeanings = meaningsOf({
  'component:subscribe': {
    commands: (given, caller) =>
      roomsOf(given).map((roomId) => ({ type: 'join', roomId, user: userOf(caller) })),
  },
  'component:unsubscribe': {
    commands(given, { rooms }) {
      const named = roomsOf(given);
      // It may have left one of both before.
      const left = named.filter((roomId) => rooms.includes(roomId));
      return (left.length > 0 ? left : named).map((roomId) => ({ type: 'leave', roomId }));
    },
  },
  'component:update': {
    commands: (given) => [
      relay(given, 'component:updated', { updates: given.object('updates') }, [
        { type: 'update', target: 'scene', data: { ...given.object('updates') } },
      ]),
    ],
    fields: transformIn('updates'),
  },
  'component:nested-update': {
    commands(given) {
      const nested = { ...nestedOf(given), updates: given.object('updates') };
      const data = { ...given.object('updates') };
      return [
        relay(given, 'component:nested-updated', nested, [
          { type: 'update', target: 'item', id: itemOf(given), data },
        ]),
      ];
    },
    fields: transformIn('updates'),
  },
  'component:nested-create': {
    commands(given) {
      const nestedComponent = given.object('nestedComponent');
      const { id, ...data } = nestedComponent;
      const { rowId } = given.all;
      const item = itemId(given, 'rowId', (others) => idOf(id, 'nestedComponent.id', others));
      const operation: Operation = { type: 'add', target: 'item', id: item, data };
      return [
        { ...relay(given, 'component:nested-created', { rowId, nestedComponent }, [operation]), toAll: true },
      ];
    },
    fields: transformIn('nestedComponent'),
  },
  'component:nested-delete': {
    commands: (given) => [
      {
        ...relay(given, 'component:nested-deleted', nestedOf(given), [
          { type: 'remove', target: 'item', id: itemOf(given) },
        ]),
        toAll: true,
      },
    ],
  },
  'component:typing': {
    commands: (given) => [{ type: 'typing', roomId: componentRoom(given), isTyping: true }],
  },
  'component:cursor': {
    commands: (given) => [
      {
        type: 'cursor',
        roomId: given.has('entityType') ? entityRoom(given) : componentRoom(given),
        // Null is a value: nowhere.
        ...(given.all.position === undefined ? {} : { position: given.all.position }),
        ...(given.has('componentId') ? { target: given.id('componentId') } : {}),
      },
    ],
    fields: { target: 'componentId' },
  },
});

function roomsOf(given: Fields): string[] {
  const found = [
    ...(given.has('componentId') ? [componentRoom(given)] : []),
    ...(given.has('entityType') || given.has('entityId') ? [entityRoom(given)] : []),
  ];
  if (found.length > 0) return found;
  const expected = 'a componentId, or entityType and entityId';
  throw new Refusal('INVALID_FIELD', { path: 'componentId', expected });
}

function componentRoom(given: Fields): string {
  return COMPONENT + given.id('componentId', COMPONENT.length);
}

function entityRoom(given: Fields): string {
  const before = `${ENTITY}${given.part('entityType', ENTITY.length + 2)}:`;
  return before + given.id('entityId', charactersOf(before));
}

function nestedOf(given: Fields): { rowId: string; nestedComponentId: string } {
  return { rowId: given.id('rowId'), nestedComponentId: given.id('nestedComponentId') };
}

/** Nested components are items of the component's scene. */
function itemOf(given: Fields): string {
  return itemId(given, 'rowId', (others) => given.id('nestedComponentId', others));
}

function relay(given: Fields, event: string, data: object, operations: Operation[]): Words {
  return {
    type: 'relay',
    roomId: componentRoom(given),
    event,
    data: { componentId: given.all.componentId, ...data },
    operations,
    ...(given.has('opId') ? { opId: given.all.opId } : {}),
  };
}

/** Applications that are built of components which several people edit; namespaces `/` and `/ws`. */
export const components: Vocabulary = {
  ...rooms,
  room: {
    ...rooms.room,
    presence: ({ joined, left }, view) => [
      ...joined.map((userId) => emit('component:user-joined', personIn(view, userId))),
      ...left.map((user) => emit('component:user-left', { ...personOf(user), ...thingOf(view) })),
    ],
    delta: ({ bare }, view) => bare.flatMap((one) => changeOf(one, view)),
    message: null,
    text: null,
    published: (event, view) => publishedAs(event, view),
  },
  signal: ({ kind, userId, payload }, view) => {
    const user = view.state.members.get(userId)?.user ?? { userId };
    const head = {
      // In a component it is something within that.
      ...(payload.target !== undefined && isEntity(view) ? { componentId: payload.target } : thingOf(view)),
      ...personOf(user),
    };
    // This application has no word for the end of it.
    if (kind === 'typing') return payload.isTyping === true ? [emit('component:typing', head)] : [];
    return kind === 'cursor' ? [emit('component:cursor', { ...head, position: payload.position })] : [];
  },
  direct: {
    ...rooms.direct,
    ack: (event) => acknowledged(event),
    error: (event) => fail(event, thingOf(event)),
    conflict: (event, view) => fail(event, thingOf(view ?? {})),
    joined: ({ ref, userId, version }, view) => {
      if (view === undefined) return [];
      const { state } = view;
      const users = [...state.members.values()].map(({ user }) => personOf(user));
      // An entity's subscribers hear of themselves, too.
      const own = isEntity(view) ? [emit('component:user-joined', personIn(view, userId))] : [];
      return [...own, ...acknowledge(ref, { ok: true, ...thingOf(view), version, users })];
    },
  },
};

/** How the author of a change is called in each event of it. */
const authors: Readonly<Record<string, string>> = {
  'component:updated': 'updatedBy',
  'component:nested-updated': 'updatedBy',
  'component:nested-created': 'createdBy',
  'component:nested-deleted': 'deletedBy',
};

function publishedAs(event: Extract<RoomEvent, { type: 'published' }>, view: RoomView): object[] {
  const { data, userId, connectionId, at, toAll } = event;
  const name = publishedName(event);
  if (connectionId === undefined || userId === undefined) return [emit(name, data)];
  const author = Object.hasOwn(authors, name) ? authors[name] : undefined;
  // Whoever relays in other words may name a component that it must not write.
  const isOfRoom = author !== undefined && view.roomId.startsWith(COMPONENT);
  const fields = {
    ...(isOfRoom ? thingOf(view) : {}),
    [author ?? 'userId']: userId,
    timestamp: new Date(at).toISOString(),
  };
  const message = emit(name, relayed(data, fields, author !== undefined));
  return [toAll === true ? message : toOthers(message, connectionId)];
}

/** What was done to a component in other words. */
function changeOf({ type, target, id = '', data = {} }: Operation, { roomId }: RoomView): object[] {
  if (!roomId.startsWith(COMPONENT)) return [];
  const componentId = roomId.slice(COMPONENT.length);
  if (target === 'scene') return [emit('component:updated', { componentId, updates: data })];
  const [rowId, nestedComponentId] = namesIn(id) ?? ['', id];
  const nested = { componentId, rowId, nestedComponentId };
  if (type === 'remove') return [emit('component:nested-deleted', nested)];
  if (type === 'update') return [emit('component:nested-updated', { ...nested, updates: data })];
  const nestedComponent = { ...data, id: nestedComponentId };
  return [emit('component:nested-created', { componentId, rowId, nestedComponent })];
}

function isEntity({ roomId }: RoomView): boolean {
  return roomId.startsWith(ENTITY);
}

function thingOf({ roomId }: { readonly roomId?: string }): object {
  if (roomId === undefined) return {};
  if (roomId.startsWith(COMPONENT)) return { componentId: roomId.slice(COMPONENT.length) };
  const [, entityType, ...entityId] = roomId.split(':');
  return { entityType, entityId: entityId.join(':') };
}

function personIn(view: RoomView, userId: string): object {
  return { ...personOf(view.state.members.get(userId)?.user ?? { userId }), ...thingOf(view) };
}

function personOf({ userId, email }: Readonly<Record<string, unknown>>): object {
  return { userId, userEmail: email };
}
