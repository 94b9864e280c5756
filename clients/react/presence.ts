import { useCallback, useMemo } from 'react';
import type { Person, Room } from '../client/index.ts';
import { useRoom } from './providers.ts';
import { shallow } from './shallow.ts';
import { type IsEqual, type Selector, type Source, useSelected, whole } from './use-selected.ts';

const NOBODY: readonly Person[] = [];

/** Everybody else in the room, or what the selector makes of them. */
export function useOthers(): readonly Person[];
export function useOthers<T>(select: Selector<readonly Person[], T>, isEqual?: IsEqual<T>): T;
export function useOthers(
  select: Selector<readonly Person[], unknown> = whole,
  isEqual: IsEqual<unknown> = shallow,
): unknown {
  const room = useRoom();
  const source = useMemo(() => othersIn(room), [room]);
  return useSelected(source, select, isEqual);
}

function othersIn({ presence }: Room): Source<readonly Person[]> {
  let seen: { readonly users: readonly Person[]; readonly others: readonly Person[] } | undefined;
  return {
    subscribe: (changed) => presence.on('change', changed),
    read() {
      if (seen?.users !== presence.users) seen = { users: presence.users, others: presence.others };
      return seen.others;
    },
    initial: NOBODY,
  };
}

/** Changes one's own details: those that are named. Resolves when the others are told. */
export type UpdateMyPresence = (details: Readonly<Record<string, unknown>>) => Promise<void>;

/** Oneself as the others see it, undefined before the room is joined; and what changes it. */
export function useMyPresence(): readonly [Person | undefined, UpdateMyPresence] {
  const { presence } = useRoom();
  const source = useMemo<Source<Person | undefined>>(
    () => ({
      subscribe: (changed) => presence.on('change', changed),
      read: () => presence.self,
      initial: undefined,
    }),
    [presence],
  );
  const update = useCallback<UpdateMyPresence>((details) => presence.update(details), [presence]);
  return [useSelected(source, whole, Object.is), update];
}
