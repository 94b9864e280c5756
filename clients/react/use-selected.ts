import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { Unsubscribe } from '../client/index.ts';

/** Something outside of React that changes. */
export interface Source<S> {
  subscribe(changed: () => void): Unsubscribe;
  /** The same value until it has changed. */
  read(): S;
  /** What it is before anything has come: on a server, and in the render that takes over its page. */
  readonly initial: S;
}

export type Selector<S, T> = (from: S) => T;
export type IsEqual<T> = (a: T, b: T) => boolean;

/**
 * What a selector makes of a source. Renders again only where that is another by `isEqual`, and hands on the
 * earlier one otherwise. The selector may be another function each time.
 *
 * @param source the same object until it is about something else
 */
export function useSelected<S, T>(source: Source<S>, select: Selector<S, T>, isEqual: IsEqual<T>): T {
  const shown = useRef<{ readonly value: T } | undefined>(undefined);
  const [read, readInitial] = useMemo(() => {
    let last: { readonly from: S; readonly value: T } | undefined;
    const selected = (from: S): T => {
      if (last !== undefined && Object.is(last.from, from)) return last.value;
      const before = last ?? shown.current;
      const fresh = select(from);
      const value = before !== undefined && isEqual(before.value, fresh) ? before.value : fresh;
      last = { from, value };
      return value;
    };
    let initial: { readonly value: T } | undefined;
    const selectedAtFirst = (): T => {
      initial ??= { value: select(source.initial) };
      return initial.value;
    };
    return [() => selected(source.read()), selectedAtFirst];
  }, [source, select, isEqual]);
  const value = useSyncExternalStore(source.subscribe, read, readInitial);
  useEffect(() => {
    shown.current = { value };
  }, [value]);
  return value;
}

export const whole = <S>(from: S): S => from;
