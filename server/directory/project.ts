import { isId, isPlainObject, Refusal } from '../../protocol/index.ts';

/** Whose a project is, and whether it can be worked on. People are named by their user ids. */
export interface Project {
  readonly ownerId: string;
  /** The owner need not be among them. */
  readonly members: readonly string[];
  /** Only active projects can be joined and written. */
  readonly active: boolean;
}

/** A copy that cannot change any more. Throws a Refusal, INVALID_FIELD. */
export function checkedProject(given: unknown): Project {
  if (!isPlainObject(given)) throw wrong('', 'an object');
  const { ownerId, members, active } = given;
  if (!isId(ownerId)) throw wrong('ownerId', 'the id of a user');
  if (!Array.isArray(members) || !members.every(isId)) throw wrong('members', 'an array of ids of users');
  if (typeof active !== 'boolean') throw wrong('active', 'true or false');
  return Object.freeze({ ownerId, members: Object.freeze([...new Set(members)]), active });
}

/** Room ids name a project up to the next colon, so an id with one would protect nothing. */
export function checkedProjectId(id: unknown): string {
  if (isId(id) && !id.includes(':')) return id;
  throw wrong('id', 'an id without a colon');
}

function wrong(path: string, expected: string): Refusal {
  return new Refusal('INVALID_FIELD', { path, expected });
}
