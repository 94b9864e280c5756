import t from 'tap';
import { absorb, emptyPending, eventsOf } from '../../server/fanout/pending.ts';
import type { Effect } from '../../server/room/effect.ts';
import { update } from '../room/entries.ts';

/** The events of one flush in which these effects are shown, each of an entry of its own. */
function flushed(...effects: Effect[]) {
  const pending = emptyPending();
  for (const [index, effect] of effects.entries()) absorb(pending, effect, index + 1);
  return eventsOf(pending, effects.length);
}

const joined = (user: string): Effect => ({ kind: 'members', joined: user });
const left = (user: string): Effect => ({
  kind: 'members',
  left: { userId: user, leftAt: 1 },
});
const updated = (user: string): Effect => ({ kind: 'members', updated: user });
const event = (id: string): Effect => ({ kind: 'event', id, event: 'e', data: 1, at: 5 });
const operation = (fromVersion: number, data: Record<string, unknown>): Effect => ({
  kind: 'operations',
  fromVersion,
  toVersion: fromVersion + 1,
  operations: [update('a', data)],
});

t.test('[PR1] who came, went and changed in one tick is told at once', async (t) => {
  t.strictSame(flushed(joined('a'), left('b'), updated('c'), updated('a')), [
    { type: 'presence', joined: ['a'], left: [{ userId: 'b', leftAt: 1 }], updated: ['c'], offset: 2 },
  ]);
});

t.test('[PR1] who came and went in one tick was never there, who went and came has changed', async (t) => {
  t.strictSame(flushed(joined('a'), left('a')), []);
  t.match(flushed(joined('a'), updated('a'), left('a'), updated('b')), [
    { joined: [], left: [], updated: ['b'] },
  ]);
  t.match(flushed(left('a'), joined('a')), [{ joined: [], left: [], updated: ['a'] }]);
  t.match(flushed(updated('a'), left('a')), [{ joined: [], left: [{ userId: 'a' }], updated: [] }]);
});

t.test('[PR1] who says something and leaves in one tick has left after that', async (t) => {
  t.match(flushed(left('a'), joined('b'), event('last words'), operation(3, { x: 1 })), [
    { type: 'presence', joined: ['b'], left: [], updated: [] },
    { type: 'published', id: 'last words' },
    { type: 'presence', joined: [], left: [{ userId: 'a' }], updated: [] },
    { type: 'delta' },
  ]);
});

t.test('[SL1] selections that change in one tick are told once', async (t) => {
  t.strictSame(flushed({ kind: 'selection' }, { kind: 'selection' }), [{ type: 'selection' }]);
});

t.test('[TK3] [SC2] operations of one tick are one delta, from the first to the last version', async (t) => {
  const operations = [update('a', { x: 2, y: 1 })];
  t.strictSame(flushed(operation(3, { x: 1 }), operation(4, { x: 2 }), operation(5, { y: 1 })), [
    { type: 'delta', offset: 3, fromVersion: 3, toVersion: 6, operations, bare: operations },
  ]);
});

t.test('[SC2] operations that change nothing still lead to their version', async (t) => {
  const nothing: Effect = { kind: 'operations', fromVersion: 3, toVersion: 4, operations: [] };
  t.match(flushed(nothing), [{ type: 'delta', fromVersion: 3, toVersion: 4, operations: [] }]);
});

t.test('[TK2] [RS2] the delta comes last, since its offset says that all before has come', async (t) => {
  const events = flushed(
    operation(0, { x: 1 }),
    event('one'),
    { kind: 'selection' },
    joined('a'),
    event('two'),
  );
  t.match(events, [
    { type: 'presence' },
    { type: 'selection' },
    { type: 'published', id: 'one', offset: 2 },
    { type: 'published', id: 'two', offset: 5 },
    { type: 'delta', offset: 5 },
  ]);
});

t.test('[TK4] answers are none of a room’s events', async (t) => {
  const to = { connection: 'c', userId: 'u' };
  t.strictSame(flushed({ kind: 'answer', op: 'select', to, answer: { ok: true } }), []);
});

t.test('[TX2] a text operation names its author and the connection', async (t) => {
  const by = { connection: 'c', userId: 'u', ref: 1 };
  const text: Effect = { kind: 'text', documentId: 'd', operation: ['x'], version: 1, by, opId: 'o' };
  t.strictSame(flushed(text), [
    {
      type: 'text',
      offset: 1,
      documentId: 'd',
      operation: ['x'],
      version: 1,
      opId: 'o',
      userId: 'u',
      connectionId: 'c',
    },
  ]);
});
