import type { Operation, TextOperation } from '../../protocol/index.ts';
import { apply } from '../../server/room/apply.ts';
import type { Effect } from '../../server/room/effect.ts';
import type { Answer, Entry, EntryOf, RoomLimits } from '../../server/room/entry.ts';
import { emptyRoom, type RoomState } from '../../server/room/state.ts';

/** Makes entries the short way: connection `ada-1` is one of user `ada`. */
export const by = (connection: string) => ({ connection, userId: connection.split('-')[0] as string });

export function join(connection: string, more: Partial<EntryOf<'join'>> = {}): EntryOf<'join'> {
  const author = by(connection);
  const user = { userId: author.userId, name: author.userId.toUpperCase() };
  return { type: 'join', at: 1, by: author, user, guest: true, node: 'n1', maxUsers: 20, ...more };
}

export const leave = (connection: string): Entry => ({
  type: 'leave',
  at: 2,
  by: by(connection),
  reason: 'left',
});

export function on(
  type: 'select' | 'unselect' | 'join_viewer' | 'leave_viewer',
  connection: string,
  thing: string,
): Entry {
  return { type, at: 3, by: by(connection), thing };
}

export function operate(
  connection: string,
  operations: Operation[],
  more: { version?: number; opId?: string } = {},
): EntryOf<'sceneOperation'> {
  return { type: 'sceneOperation', at: 4, by: by(connection), operations, ...more };
}

export function relay(
  connection: string,
  id: string,
  more: Partial<EntryOf<'relay'>> = {},
): EntryOf<'relay'> {
  return { type: 'relay', at: 7, by: by(connection), id, event: 'moved', data: { id }, ...more };
}

export function write(
  connection: string,
  operation: TextOperation,
  version: number,
  more: { documentId?: string; opId?: string } = {},
): EntryOf<'operation'> {
  return { type: 'operation', at: 5, by: by(connection), documentId: 'page', operation, version, ...more };
}

export function chat(
  connection: string,
  id: string,
  more: Partial<EntryOf<'message'>> = {},
): EntryOf<'message'> {
  return { type: 'message', at: 6, by: by(connection), id, text: `text of ${id}`, kind: 'comment', ...more };
}

export const add = (id: string, data: Record<string, unknown> = {}): Operation => ({
  type: 'add',
  target: 'item',
  id,
  data,
});
export const update = (id: string, data: Record<string, unknown>): Operation => ({
  type: 'update',
  target: 'item',
  id,
  data,
});
export const remove = (id: string): Operation => ({ type: 'remove', target: 'item', id });
export const updateScene = (data: Record<string, unknown>): Operation => ({
  type: 'update',
  target: 'scene',
  data,
});

/** Folds entries and returns what follows from the last. */
export function fold(state: RoomState, ...entries: Entry[]): Effect[] {
  let effects: Effect[] = [];
  // As they come out of a log, so that nothing is shared with the test.
  for (const entry of entries) effects = apply(state, JSON.parse(JSON.stringify(entry)));
  return effects;
}

/** A room that these connections have joined. */
export function roomOf(...connections: string[]): RoomState {
  const state = emptyRoom();
  fold(state, ...connections.map((one) => join(one)));
  return state;
}

export function answerOf(effects: readonly Effect[]): Answer | undefined {
  return effects.find((one) => one.kind === 'answer')?.answer;
}

/** What the last of some entries is answered. */
export function ask(state: RoomState, ...entries: Entry[]): Answer | undefined {
  return answerOf(fold(state, ...entries));
}

/** The operations that others see of the last of some entries. */
export function shown(effects: readonly Effect[]): Operation[] | undefined {
  return effects.find((one) => one.kind === 'operations')?.operations;
}

export const configure = (state: RoomState, limits: Partial<RoomLimits>): Entry => ({
  type: 'configure',
  at: 0,
  limits: { ...state.limits, ...limits },
});

/** The properties of an item as they are stored, its id aside. */
export function itemOf(state: RoomState, id: string): Record<string, unknown> | undefined {
  const item = state.scene.items.get(id);
  if (item === undefined) return undefined;
  const { id: _, ...data } = item.data;
  return data;
}

export const usersOf = (state: RoomState, thing: string): string[] =>
  (state.selections.get(thing) ?? []).map((one) => one.userId);
