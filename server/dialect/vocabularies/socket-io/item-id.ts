import { charactersOf, type Fields, idOf } from './words.ts';

/**
 * The id of an item that a client knows by two names, `rowId/nestedComponentId`. In the first, `/` and `~` are
 * escaped as in a JSON pointer (RFC 6901), so that another split of the id cannot name another thing.
 *
 * @param first the field of the first name
 * @param second gets the number of characters before it
 */
export function itemId(given: Fields, first: string, second: (others: number) => string): string {
  const escaped = given.id(first, 2).replaceAll('~', '~0').replaceAll('/', '~1');
  // What is escaped counts twice.
  const before = `${idOf(escaped, first, 2)}/`;
  return before + second(charactersOf(before));
}

/** The two names that are in the id of an item; undefined: it has only one. */
export function namesIn(id: string): [first: string, second: string] | undefined {
  const slash = id.indexOf('/');
  if (slash < 0) return undefined;
  return [id.slice(0, slash).replaceAll('~1', '/').replaceAll('~0', '~'), id.slice(slash + 1)];
}
