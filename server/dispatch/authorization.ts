import { Refusal } from '../../protocol/index.ts';
import type { Project } from '../directory/project.ts';
import { isLater } from './later.ts';
import type { Action, Authorize, Principal, User } from './principal.ts';
import { matchesPattern } from './room-pattern.ts';

/** One voice in the decision: `undefined` leaves it to the next one. May throw a Refusal. */
export type Decider = (
  principal: Principal,
  action: Action,
  roomId: string,
) => boolean | undefined | PromiseLike<boolean | undefined>;

export interface Voices {
  /** The project directory; by default it knows none. */
  project?(id: string): Project | undefined;
  /** Asked in this order where neither the token nor the directory says anything. */
  later?: readonly Decider[];
}

/**
 * Decides who may do what. The first answer wins:
 *
 * 1. scope or role `admin` may everything;
 * 2. the action `publish` needs the scope `publish` (and the room among `rooms` or `projects`, where the
 *    token has them); the action `admin` needs rule 1;
 * 3. role `viewer` writes nowhere;
 * 4. `user:{id}` is open to this user and to nobody else, whatever the token grants;
 * 5. the rooms of a project in the directory are open to whom the token grants them or, where it grants
 *    nothing at all, to the owner and the members, and to nobody else; while it is not active, they meet with
 *    PROJECT_INACTIVE;
 * 6. a token with `rooms` or `projects` opens those and no others;
 * 7. `later`, in its order;
 * 8. `project:{id}` that nobody vouches for does not exist: PROJECT_NOT_FOUND;
 * 9. what nobody objects to is allowed, to guests too.
 */
export function createAuthorize({ project = () => undefined, later = [] }: Voices = {}): Authorize {
  const deciders: readonly Decider[] = [
    byAdmin,
    byBackendAction,
    byViewer,
    byPersonalRoom,
    byDirectory(project),
    byGrants,
    ...later,
    byExistence,
  ];
  return (principal, action, roomId) => firstAnswer(deciders, 0, principal, action, roomId);
}

/** Stays synchronous as long as the deciders do. */
function firstAnswer(
  deciders: readonly Decider[],
  start: number,
  principal: Principal,
  action: Action,
  roomId: string,
): boolean | Promise<boolean> {
  for (let at = start; at < deciders.length; at++) {
    const answer = deciders[at]?.(principal, action, roomId);
    if (isLater(answer)) {
      return Promise.resolve(answer).then(
        (later) => later ?? firstAnswer(deciders, at + 1, principal, action, roomId),
      );
    }
    if (answer !== undefined) return answer;
  }
  return true;
}

function byAdmin(principal: Principal): boolean | undefined {
  if (principal.kind !== 'user') return undefined;
  return principal.role === 'admin' || principal.scope.includes('admin') || undefined;
}

function byBackendAction(principal: Principal, action: Action, roomId: string): boolean | undefined {
  if (action === 'admin') return false;
  if (action !== 'publish') return undefined;
  if (principal.kind !== 'user' || !principal.scope.includes('publish')) return false;
  return grantOf(principal, roomId) ?? true;
}

function byViewer(principal: Principal, action: Action): boolean | undefined {
  return principal.kind === 'user' && principal.role === 'viewer' && action === 'write' ? false : undefined;
}

const PERSONAL = 'user:';
const PROJECT = 'project:';

function byPersonalRoom(principal: Principal, _action: Action, roomId: string): boolean | undefined {
  if (!roomId.startsWith(PERSONAL)) return undefined;
  return principal.kind === 'user' && roomId === PERSONAL + principal.userId;
}

function byDirectory(projectWith: (id: string) => Project | undefined): Decider {
  return (principal, _action, roomId) => {
    const id = projectOf(roomId);
    const project = id === undefined ? undefined : projectWith(id);
    if (project === undefined) return undefined;
    // The name of a guest proves nothing.
    const may =
      principal.kind === 'user' && (grantOf(principal, roomId) ?? belongsTo(project, principal.userId));
    if (may && !project.active) throw new Refusal('PROJECT_INACTIVE');
    return may;
  };
}

function belongsTo({ ownerId, members }: Project, userId: string): boolean {
  return ownerId === userId || members.includes(userId);
}

function byGrants(principal: Principal, _action: Action, roomId: string): boolean | undefined {
  return principal.kind === 'user' ? grantOf(principal, roomId) : undefined;
}

function byExistence(_principal: Principal, _action: Action, roomId: string): undefined {
  if (roomId.startsWith(PROJECT)) throw new Refusal('PROJECT_NOT_FOUND');
}

/** `undefined`: the token has neither claim. */
function grantOf({ rooms, projects }: User, roomId: string): boolean | undefined {
  if (rooms === undefined && projects === undefined) return undefined;
  if (rooms?.some((pattern) => matchesPattern(pattern, roomId))) return true;
  const projectId = projectOf(roomId);
  return projectId !== undefined && (projects?.includes(projectId) ?? false);
}

/**
 * The project that a room belongs to: `project:{id}` or `scene:{id}:{sceneId}`. A project id has no colon,
 * a scene id may have some. `undefined`: none.
 */
export function projectOf(roomId: string): string | undefined {
  return /^project:([^:]+)$/.exec(roomId)?.[1] ?? /^scene:([^:]+):./s.exec(roomId)?.[1];
}
