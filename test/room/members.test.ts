import t from 'tap';
import { emptyRoom } from '../../server/room/state.ts';
import { ask, chat, configure, fold, join, leave, on, roomOf, usersOf } from './entries.ts';

t.test('[RM3] a room takes as many users as the join says, and no more', async (t) => {
  const state = emptyRoom();
  fold(state, join('ada-1', { maxUsers: 2 }), join('bob-1', { maxUsers: 2 }));
  t.match(ask(state, join('eve-1', { maxUsers: 2 })), { code: 'ROOM_FULL', details: { limit: 2 } });
  t.match(ask(state, join('ada-2', { maxUsers: 2 })), { ok: true }, 'another connection of who is there');
  t.match(ask(state, join('eve-1', { maxUsers: 3 })), { ok: true });
});

t.test('[RM4] a user is there once, until the last connection has left', async (t) => {
  const state = emptyRoom();
  t.match(fold(state, join('ada-1')), [
    { kind: 'members', joined: 'ada' },
    { kind: 'entered' },
    { kind: 'answer' },
  ]);
  t.match(fold(state, join('ada-2'))[0], { kind: 'members', updated: 'ada' });
  t.match(fold(state, leave('ada-1'))[0], { kind: 'members', updated: 'ada' });
  t.match(fold(state, leave('ada-2'))[0], { kind: 'members', left: { userId: 'ada' } });
  t.equal(state.members.size, 0);
});

t.test('[RM4] a user has at most MAX_USER_SESSIONS connections', async (t) => {
  const state = roomOf('ada-1', 'ada-2');
  fold(state, configure(state, { MAX_USER_SESSIONS: 2 }));
  t.match(ask(state, join('ada-3')), { code: 'TOO_MANY_SESSIONS', details: { limit: 2 } });
  t.match(ask(state, join('ada-2')), { ok: true }, 'one that is there already');
});

t.test('[PR3] connections that are replaced do not count against MAX_USER_SESSIONS', async (t) => {
  const state = roomOf('ada-1', 'ada-2');
  fold(state, configure(state, { MAX_USER_SESSIONS: 2 }));
  t.match(ask(state, join('ada-3', { replaces: ['ada-1', 'ada-2'] })), { ok: true });
  t.strictSame([...(state.members.get('ada')?.sessions.keys() ?? [])], ['ada-3']);
});

t.test('[RM5] another join updates the details of a user', async (t) => {
  const state = roomOf('ada-1');
  const user = { userId: 'ada', name: 'Ada L', color: 'red' };
  fold(state, join('ada-1', { user }));
  t.strictSame(state.members.get('ada')?.user, user);
  t.equal(state.members.get('ada')?.sessions.size, 1);
});

t.test('[RM6] a leave of a connection that is gone or never came changes nothing', async (t) => {
  const state = roomOf('ada-1');
  fold(state, join('ada-2', { replaces: ['ada-1'] }));
  t.match(ask(state, leave('ada-1')), { code: 'NOT_JOINED' });
  t.match(ask(state, leave('bob-1')), { code: 'NOT_JOINED' });
  t.strictSame([...state.members.keys()], ['ada']);
});

t.test('[PR3] only connections of the same user are replaced', async (t) => {
  const state = roomOf('ada-1', 'bob-1');
  fold(state, on('select', 'bob-1', 'sun'));
  fold(state, join('ada-2', { replaces: ['bob-1', 'nobody'] }));
  t.strictSame([...state.members.keys()], ['ada', 'bob']);
  t.strictSame([...(state.members.get('bob')?.sessions.keys() ?? [])], ['bob-1']);
  t.strictSame(usersOf(state, 'sun'), ['bob']);
});

t.test('[PR3] a join that is refused takes nothing over', async (t) => {
  const state = emptyRoom();
  fold(state, join('ada-1', { guest: false }), on('select', 'ada-1', 'sun'));
  t.match(ask(state, join('ada-2', { guest: true, replaces: ['ada-1'] })), { code: 'IDENTITY_MISMATCH' });
  t.strictSame([...(state.members.get('ada')?.sessions.keys() ?? [])], ['ada-1']);
  t.strictSame(usersOf(state, 'sun'), ['ada']);
});

t.test('[ID5] a guest cannot pass for a user with a token, and gives way to one', async (t) => {
  const state = emptyRoom();
  fold(
    state,
    join('ada-1'),
    join('ada-2'),
    on('select', 'ada-1', 'sun'),
    join('bob-1'),
    on('select', 'bob-1', 'sun'),
  );
  const effects = fold(state, join('ada-3', { guest: false, user: { userId: 'ada', name: 'Real' } }));
  const removed = effects.filter((one) => one.kind === 'removed');
  t.match(removed, [
    { connection: 'ada-1', reason: 'kicked' },
    { connection: 'ada-2', reason: 'kicked' },
  ]);
  t.match(state.members.get('ada'), { guest: false, user: { name: 'Real' } });
  t.strictSame([...(state.members.get('ada')?.sessions.keys() ?? [])], ['ada-3']);
  t.strictSame(usersOf(state, 'sun'), ['bob'], 'the guest’s selections are gone');
  t.match(ask(state, join('ada-4')), { code: 'IDENTITY_MISMATCH' });
  t.match(ask(state, chat('ada-1', 'm1')), { code: 'NOT_JOINED' });
});

t.test('[PR5] all sessions of a node that is gone are removed', async (t) => {
  const state = emptyRoom();
  fold(state, join('ada-1', { node: 'a' }), join('ada-2', { node: 'b' }), join('bob-1', { node: 'a' }));
  const effects = fold(state, { type: 'nodeGone', at: 9, node: 'a' });
  t.match(
    effects.filter((one) => one.kind === 'removed'),
    [
      { connection: 'ada-1', reason: 'disconnected' },
      { connection: 'bob-1', reason: 'disconnected' },
    ],
  );
  t.strictSame([...state.members.keys()], ['ada']);
});
