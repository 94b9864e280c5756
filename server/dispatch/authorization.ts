import type { Action, Authorize, Principal, User } from './principal.ts';
import { matchesPattern } from './room-pattern.ts';

/** One voice in the decision: `undefined` leaves it to the next one. */
export type Decider = (
  principal: Principal,
  action: Action,
  roomId: string,
) => boolean | undefined | Promise<boolean | undefined>;

/**
 * Decides who may do what. The first answer wins:
 *
 * 1. scope or role `admin` may everything;
 * 2. the action `publish` needs the scope `publish` (and the room among `rooms` or `projects`, where the
 *    token has them); the action `admin` needs rule 1;
 * 3. role `viewer` writes nowhere;
 * 4. `user:{id}` is open to this user and to nobody else, whatever the token grants;
 * 5. a token with `rooms` or `projects` opens those and no others;
 * 6. `later`, in its order: the project directory, an authorizer of the application;
 * 7. what nobody objects to is allowed, to guests too.
 */
export function createAuthorize(later: readonly Decider[] = []): Authorize {
  const deciders: readonly Decider[] = [
    byAdmin,
    byBackendAction,
    byViewer,
    byPersonalRoom,
    byGrants,
    ...later,
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
    if (answer instanceof Promise) {
      return answer.then((later) => later ?? firstAnswer(deciders, at + 1, principal, action, roomId));
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

function byPersonalRoom(principal: Principal, _action: Action, roomId: string): boolean | undefined {
  if (!roomId.startsWith(PERSONAL)) return undefined;
  return principal.kind === 'user' && roomId === PERSONAL + principal.userId;
}

function byGrants(principal: Principal, _action: Action, roomId: string): boolean | undefined {
  return principal.kind === 'user' ? grantOf(principal, roomId) : undefined;
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
