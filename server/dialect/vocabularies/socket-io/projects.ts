import { type ErrorCode, errors, Refusal } from '../../../../protocol/index.ts';
import type { Vocabulary } from '../../dialect.ts';
import type { DirectEvent } from '../../events.ts';
import { emit, originOf } from '../../framings/socket-io-framing.ts';
import { personal } from './personal.ts';
import { rooms } from './rooms.ts';
import { acknowledge, describedBy, type Fields, meaningsOf, PROJECT, userOf } from './words.ts';

/** Whether a room is one of this application's. */
export function isOfProjects(roomId: string): boolean {
  return roomId.startsWith(PROJECT);
}

export const projectMeanings = meaningsOf({
  'join-project': {
    commands(given, caller) {
      const { token } = given.all;
      const roomId = PROJECT + projectOf(given);
      if (isAbsent(token)) return [{ type: 'join', roomId, user: userOf(caller) }];
      // Who joins says the token, which is not read yet.
      return [
        { type: 'auth', token },
        { type: 'join', roomId, user: describedBy(caller) },
      ];
    },
  },
  'leave-project': { commands: (given) => [{ type: 'leave', roomId: PROJECT + projectOf(given) }] },
});

function projectOf(given: Fields): string {
  if (isAbsent(given.all.projectId)) {
    throw new Refusal('ROOM_REQUIRED', { path: 'projectId', expected: 'the id of a project' });
  }
  return given.part('projectId', PROJECT.length);
}

/** What a page has not stored is null to it. */
function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** Applications that watch what happens in a project; namespaces `/` and `/ws`. */
export const projects: Vocabulary = {
  ...rooms,
  room: personal.room,
  signal: null,
  direct: {
    ...rooms.direct,
    ack: ({ ref, roomId = '' }) => acknowledge(ref, { ok: true, projectId: roomId.slice(PROJECT.length) }),
    joined: ({ ref }, view) => acknowledge(ref, { ok: true, projectId: view?.roomId.slice(PROJECT.length) }),
    error: failed,
    conflict: null,
  },
};

const leaveCodes: Partial<Record<ErrorCode, string>> = {
  ROOM_REQUIRED: 'MISSING_PROJECT_ID',
};

const joinCodes: Partial<Record<ErrorCode, string>> = {
  ...leaveCodes,
  FORBIDDEN: 'UNAUTHORIZED',
  UNAUTHENTICATED: 'UNAUTHORIZED',
  TOKEN_INVALID: 'UNAUTHORIZED',
  TOKEN_EXPIRED: 'UNAUTHORIZED',
  TOKEN_REVOKED: 'UNAUTHORIZED',
  IDENTITY_MISMATCH: 'UNAUTHORIZED',
  PROJECT_NOT_FOUND: 'PROJECT_NOT_FOUND',
  PROJECT_INACTIVE: 'PROJECT_INACTIVE',
};

/** The application's own six codes. */
function failed({
  code,
  message = errors[code],
  details,
  ref,
}: Extract<DirectEvent, { type: 'error' }>): object[] {
  const { name, id } = originOf(ref);
  const fallback = name === 'leave-project' ? 'LEAVE_FAILED' : 'JOIN_FAILED';
  const { path, expected } = details ?? {};
  const own = (name === 'leave-project' ? leaveCodes : joinCodes)[code] ?? fallback;
  // The application has no other place for it.
  const fault = expected === undefined ? message : `${path || 'The event'}: expected ${expected}`;
  const answer = { message: fault, code: own };
  return id === undefined ? [emit('error', answer)] : acknowledge(ref, { ok: false, ...answer });
}
