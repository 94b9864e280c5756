import fc from 'fast-check';
import t from 'tap';
import type { Refusal } from '../../protocol/index.ts';
import type { Project } from '../../server/directory/project.ts';
import { createAuthorize, type Decider, projectOf } from '../../server/dispatch/authorization.ts';
import type { Action, Authorize, Guest, User } from '../../server/dispatch/principal.ts';
import { matchesPattern } from '../../server/dispatch/room-pattern.ts';

const authorize = createAuthorize();
const INACTIVE = 'PROJECT_INACTIVE';
const MISSING = 'PROJECT_NOT_FOUND';
type Answers = readonly [active: boolean | string, inactive: boolean | string, unknown: boolean | string];
const guest: Guest = { kind: 'guest', userId: 'ada' };

function user(claims: Partial<User> = {}): User {
  return {
    kind: 'user',
    userId: 'ada',
    name: undefined,
    email: undefined,
    role: undefined,
    projects: undefined,
    rooms: undefined,
    scope: [],
    expiresAt: undefined,
    ...claims,
  };
}

const actions: Action[] = ['join', 'write', 'publish', 'admin'];

/** What is answered, or the code of what is thrown. */
function answerOf(
  decide: Authorize,
  ...[principal, action, roomId]: Parameters<Authorize>
): boolean | string | Promise<boolean> {
  try {
    return decide(principal, action, roomId);
  } catch (error) {
    return (error as Refusal).code;
  }
}

/** The actions that are allowed. */
function allowed(principal: User | Guest, roomId: string): Action[] {
  return actions.filter((action) => authorize(principal, action, roomId));
}

t.test('a token without grants opens every room but those of other users', async (t) => {
  for (const room of ['demo', 'scene:p1:s', 'component:c', 'entity:a:b', 'user:ada']) {
    t.same(allowed(user(), room), ['join', 'write'], room);
  }
  for (const room of ['user:bob', 'user:', 'user:ada2', 'user:ada:x'])
    t.same(allowed(user(), room), [], room);
});

t.test('a guest gets every room but those of users', async (t) => {
  t.same(allowed(guest, 'demo'), ['join', 'write']);
  t.same(allowed(guest, 'user:ada'), [], 'the name of a guest proves nothing');
});

t.test('an admin may everything', async (t) => {
  for (const admin of [user({ role: 'admin', rooms: [] }), user({ scope: ['admin'], projects: [] })]) {
    for (const room of ['demo', 'user:bob', 'scene:p1:s']) t.same(allowed(admin, room), actions, room);
  }
  t.same(allowed(user({ role: 'Admin' }), 'user:bob'), []);
});

t.test('publish needs its scope and stays within the grants', async (t) => {
  t.same(allowed(user({ scope: ['publish'] }), 'demo'), ['join', 'write', 'publish']);
  t.same(allowed(user({ scope: ['publish'] }), 'user:bob'), ['publish']);
  t.same(allowed(user({ scope: ['publish'], rooms: ['a*'] }), 'demo'), []);
  t.same(allowed(user({ scope: ['publish'], rooms: ['user:*'] }), 'user:bob'), ['publish']);
  t.same(allowed(user({ scope: ['publisher'] }), 'demo'), ['join', 'write']);
});

t.test('a viewer joins and does not write', async (t) => {
  for (const room of ['demo', 'user:ada']) t.same(allowed(user({ role: 'viewer' }), room), ['join'], room);
  t.same(allowed(user({ role: 'editor' }), 'demo'), ['join', 'write']);
});

t.test('rooms and projects open what they name and nothing else', async (t) => {
  const both = user({ rooms: ['lobby', 'team-*'], projects: ['p1'] });
  for (const room of ['lobby', 'team-', 'team-a', 'project:p1', 'scene:p1:s', 'scene:p1:a:b', 'user:ada']) {
    t.same(allowed(both, room), ['join', 'write'], room);
  }
  const closed = [
    'lobby2',
    'team',
    'project:p2',
    'project:p1:x',
    'scene:p1',
    'scene:p1:',
    'scene:p10:s',
    'user:bob',
  ];
  for (const room of [...closed, 'xproject:p1', 'component:p1', 'scene:p2:p1'])
    t.same(allowed(both, room), [], room);
  t.same(allowed(user({ projects: ['p1'] }), 'lobby'), []);
  t.same(allowed(user({ rooms: ['lobby'] }), 'project:p1'), []);
  t.same(allowed(user({ rooms: [] }), 'lobby'), []);
  t.same(allowed(user({ rooms: ['*'] }), 'user:bob'), [], 'no pattern opens the room of somebody else');
  t.same(allowed(user({ projects: ['p1:x', ''] }), 'scene:p1:x'), [], 'no project id has a colon');
  t.same(allowed(user({ projects: ['p1:x', ''] }), 'project:p1:x'), []);
  t.same(allowed(user({ projects: [''] }), 'scene::s'), []);
});

t.test('the project of a room', async () => {
  const id = fc.string({ minLength: 1 }).filter((text) => !text.includes(':'));
  fc.assert(
    fc.property(id, fc.string({ minLength: 1 }), (projectId, sceneId) => {
      return (
        projectOf(`project:${projectId}`) === projectId &&
        projectOf(`scene:${projectId}:${sceneId}`) === projectId
      );
    }),
  );
});

t.test('later deciders are asked where the token says nothing, and may take their time', async (t) => {
  const asked: string[] = [];
  const slow: Decider = async (_principal, _action, roomId) => {
    asked.push(roomId);
    return roomId === 'open' ? true : undefined;
  };
  const last: Decider = (_principal, _action, roomId) => (roomId === 'free' ? undefined : false);
  const chained = createAuthorize({ later: [slow, last] });
  t.equal(await chained(user(), 'join', 'open'), true);
  t.equal(await chained(user(), 'join', 'closed'), false);
  t.equal(await chained(user(), 'join', 'free'), true);
  t.equal(await chained(guest, 'join', 'closed'), false);
  t.equal(chained(user({ rooms: ['mine'] }), 'join', 'mine'), true, 'synchronous');
  t.equal(chained(user({ rooms: ['mine'] }), 'join', 'other'), false);
  t.same(asked, ['open', 'closed', 'free', 'closed']);
  // biome-ignore lint/suspicious/noThenProperty: awaited as a promise is, and none of the language's own
  const foreign = { then: (go: (answer: undefined) => void) => go(undefined) } as PromiseLike<undefined>;
  const behind = createAuthorize({ later: [() => foreign, last] });
  t.equal(await behind(user(), 'join', 'free'), true);
  t.equal(await behind(user(), 'join', 'closed'), false);
  const failing = createAuthorize({ later: [() => Promise.reject(new Error('away'))] });
  await t.rejects(async () => failing(user(), 'join', 'x'), { message: 'away' });
});

/** Of users in the directory: what each may in the rooms of a project, `join` and `write` alike. */
const people: readonly [who: string, principal: User | Guest, project: Answers, scene: Answers][] = [
  // known and active, known and inactive, unknown
  ['the owner', user({ userId: 'owner' }), [true, INACTIVE, MISSING], [true, INACTIVE, true]],
  ['a member', user({ userId: 'member' }), [true, INACTIVE, MISSING], [true, INACTIVE, true]],
  ['somebody else', user(), [false, false, MISSING], [false, false, true]],
  ['a guest', guest, [false, false, MISSING], [false, false, true]],
  ['a guest of that name', { kind: 'guest', userId: 'owner' }, [false, false, MISSING], [false, false, true]],
  ['a token for it', user({ projects: ['p'] }), [true, INACTIVE, true], [true, INACTIVE, true]],
  ['a token for all rooms', user({ rooms: ['*'] }), [true, INACTIVE, true], [true, INACTIVE, true]],
  ['a token for others', user({ projects: ['q'] }), [false, false, false], [false, false, false]],
  [
    'the owner with a token for others',
    user({ userId: 'owner', rooms: ['x'] }),
    [false, false, false],
    [false, false, false],
  ],
  ['an admin', user({ role: 'admin' }), [true, true, true], [true, true, true]],
];

for (const [who, principal, inProject, inScene] of people) {
  t.test(`a project in the directory: ${who}`, async (t) => {
    const known: readonly (Project | undefined)[] = [
      { ownerId: 'owner', members: ['member'], active: true },
      { ownerId: 'owner', members: ['member'], active: false },
      undefined,
    ];
    for (const [index, project] of known.entries()) {
      const withIt = createAuthorize({ project: (id) => (id === 'p' ? project : undefined) });
      for (const action of ['join', 'write'] as const) {
        const about = `${action}, ${JSON.stringify(project)}`;
        t.equal(answerOf(withIt, principal, action, 'project:p'), inProject[index], about);
        t.equal(answerOf(withIt, principal, action, 'scene:p:a:b'), inScene[index], about);
      }
    }
  });
}

t.test('a viewer among the members only reads, and a backend publishes as its scope says', async (t) => {
  const project = () => ({ ownerId: 'ada', members: [], active: true });
  const withIt = createAuthorize({ project });
  t.equal(withIt(user({ role: 'viewer' }), 'join', 'project:p'), true);
  t.equal(withIt(user({ role: 'viewer' }), 'write', 'project:p'), false);
  t.equal(withIt(user({ userId: 'backend', scope: ['publish'] }), 'publish', 'project:p'), true);
  t.equal(withIt(user(), 'publish', 'project:p'), false);
  t.equal(withIt(user({ userId: 'ben' }), 'join', 'demo'), true, 'other rooms are none of its business');
});

t.test('who is asked later may vouch for a project that nobody knows', async (t) => {
  const withOne = (answer: boolean | undefined) => createAuthorize({ later: [async () => answer] });
  t.equal(await withOne(true)(user(), 'join', 'project:p'), true);
  t.equal(await withOne(false)(user(), 'join', 'project:p'), false);
  await t.rejects(async () => withOne(undefined)(user(), 'join', 'project:p'), { code: MISSING });
});

t.test('patterns agree with a regular expression', async () => {
  const piece = fc.constantFrom('a', 'b', '*', '.', '\\', '[', '$', '+', '(', '\n', '**');
  const pattern = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
  const room = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(pattern, room, (pattern, text) => {
      const source = pattern.replace(/[.\\[\]$+()^?{}|]/g, '\\$&').replace(/\*+/g, '[^]*');
      return matchesPattern(pattern, text) === new RegExp(`^${source}$`).test(text);
    }),
    { numRuns: 2000 },
  );
});

t.test('a pattern matches what was made by filling its stars', async () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.string())), fc.string(), (parts, end) => {
      const pattern =
        parts.map(([fixed]) => `${fixed.replaceAll('*', '')}*`).join('') + end.replaceAll('*', '');
      const text =
        parts.map(([fixed, fill]) => fixed.replaceAll('*', '') + fill).join('') + end.replaceAll('*', '');
      return matchesPattern(pattern, text);
    }),
  );
});

t.test('no pattern is slow', async (t) => {
  // Trying every way to fill the stars would never end.
  t.notOk(matchesPattern(`${'a*'.repeat(5000)}b`, 'a'.repeat(20_000)));
});
