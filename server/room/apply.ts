import type { ErrorCode } from '../../protocol/index.ts';
import { recall, remember } from './answers.ts';
import { keepDeparture } from './comings.ts';
import { chat, publish, relay, sceneOperation, textOperation } from './content.ts';
import { answerTo, type Effect } from './effect.ts';
import { type Answer, type CommandEntry, type Entry, type EntryOf, refuse } from './entry.ts';
import { enter, exit, isSession, sessionsOf } from './members.ts';
import { placeOf } from './place.ts';
import { claim, claimsOf, lockedByOther, release, transfer } from './selections.ts';
import type { RoomState } from './state.ts';
import { goOn } from './texts.ts';
import { unview, view, viewsOf } from './viewers.ts';

/**
 * The fold: brings a room from one entry to the next. Changes `state` in place; reads nothing but its
 * arguments, so whoever folds the same entries reaches the same state.
 *
 * @returns what follows, in order
 */
export function apply(state: RoomState, entry: Entry): Effect[] {
  state.offset += 1;
  try {
    return step(state, entry);
  } catch (error) {
    // A room must not become unreadable over one entry: whoever folds it fails, and goes on, alike.
    const fault: Effect = { kind: 'fault', entry: entry.type, error };
    return 'by' in entry ? [fault, answerTo(entry, refuse('INTERNAL'))] : [fault];
  }
}

function step(state: RoomState, entry: Entry): Effect[] {
  switch (entry.type) {
    case 'configure':
      state.limits = entry.limits;
      return [];
    case 'nodeGone':
      return sessionsOf(state.members, entry.node).flatMap((one) =>
        remove(state, one, 'disconnected', entry.at),
      );
    case 'expire':
      return letGoOf(state, entry.thing, entry.connection);
    case 'event':
      return once(state, entry);
    case 'leave':
      return leave(state, entry);
    default:
      return command(state, entry);
  }
}

/** A command of a member: refused without membership. */
function command(state: RoomState, entry: Exclude<CommandEntry, { type: 'leave' | 'event' }>): Effect[] {
  const { by } = entry;
  if (entry.type !== 'join' && !isSession(state.members, by.userId, by.connection)) {
    return [answerTo(entry, refuse('NOT_JOINED'))];
  }
  return once(state, entry);
}

/** Answered once for each opId. */
function once(state: RoomState, entry: Exclude<CommandEntry, { type: 'leave' }>): Effect[] {
  const { by } = entry;
  const opId = 'opId' in entry ? entry.opId : undefined;
  if (opId === undefined) return run(state, entry);
  const first = recall(state.answers, by.userId, opId);
  if (first !== undefined) return [answerTo(entry, first)];
  const effects = run(state, entry);
  for (const effect of effects) {
    if (effect.kind !== 'answer') continue;
    remember(state.answers, by.userId, opId, briefly(effect.answer), {
      perUser: state.limits.KEPT_OP_IDS,
      users: state.limits.KEPT_OP_ID_USERS,
    });
  }
  return effects;
}

/** Current values are those of the moment, and may be large: they are not remembered. */
function briefly(answer: Answer): Answer {
  if (answer.ok || answer.details?.current === undefined) return answer;
  const { current: _, ...details } = answer.details;
  return { ...answer, details };
}

function run(state: RoomState, entry: Exclude<CommandEntry, { type: 'leave' }>): Effect[] {
  switch (entry.type) {
    case 'join':
      return join(state, entry);
    case 'select':
      return select(state, entry);
    case 'unselect':
      return [...letGoOf(state, entry.thing, entry.by.connection), answerTo(entry, { ok: true })];
    case 'join_viewer':
      return joinViewer(state, entry);
    case 'leave_viewer':
      return [...stopViewing(state, entry.by.connection, entry.thing), answerTo(entry, { ok: true })];
    case 'sceneOperation':
      return sceneOperation(state, entry);
    case 'relay':
      return relay(state, entry);
    case 'operation':
      return textOperation(state, entry);
    case 'message':
      return chat(state, entry);
    case 'event':
      return publish(state, entry);
    default:
      return entry satisfies never;
  }
}

function join(state: RoomState, entry: EntryOf<'join'>): Effect[] {
  const { by, replaces = [], recovers = [], views = [] } = entry;
  const replaced = replaces.filter((one) => isSession(state.members, by.userId, one));
  const { answer, effects } = enter(state.members, entry, state.offset, state.limits.MAX_USER_SESSIONS);
  if (answer.ok) for (const one of replaced) transfer(state.selections, one, by.connection);
  if (answer.ok) goOn(state.texts, recovers, by.connection);
  const dropped = answer.ok ? replaced.flatMap((one) => letGo(state, one)) : [];
  const evicted = effects.flatMap((one) => (one.kind === 'removed' ? letGo(state, one.connection) : []));
  const { node } = entry;
  const entered: Effect[] = answer.ok ? [{ kind: 'entered', to: by, node, place: placeOf(state) }] : [];
  const viewing = answer.ok ? views.map((thing) => startViewing(state, by.connection, thing)) : [];
  return [...dropped, ...evicted, ...effects, ...entered, ...viewing, answerTo(entry, answer)];
}

function leave(state: RoomState, entry: EntryOf<'leave'>): Effect[] {
  const effects = [
    ...passOn(state, entry),
    ...remove(state, entry.by.connection, entry.reason, entry.at, entry.code),
  ];
  // Whoever goes for another reason has asked for nothing.
  if (entry.reason !== 'left') return effects;
  return [...effects, answerTo(entry, effects.length > 0 ? { ok: true } : refuse('NOT_JOINED'))];
}

/** Its locks are timed by the node of the connection that they pass to. */
function passOn({ members, selections }: RoomState, { by, passesTo }: EntryOf<'leave'>): Effect[] {
  if (passesTo === undefined || !isSession(members, by.userId, by.connection)) return [];
  if (!isSession(members, by.userId, passesTo)) return [];
  const things = claimsOf(selections, by.connection);
  transfer(selections, by.connection, passesTo);
  return things.map((thing) => ({ kind: 'claims', thing, released: by.connection }));
}

/** Ends a connection's membership, with all that it holds. */
function remove(
  state: RoomState,
  connection: string,
  reason: EntryOf<'leave'>['reason'],
  at: number,
  code?: ErrorCode,
): Effect[] {
  const left = exit(state.members, connection);
  if (left === undefined) return [];
  const members: Effect = left.gone
    ? { kind: 'members', left: { ...left.user, leftAt: at } }
    : { kind: 'members', updated: left.user.userId };
  if (members.left !== undefined) {
    const departure = { joined: left.joinedOffset, left: state.offset, user: members.left };
    keepDeparture(state.departures, departure, state.limits.KEPT_EVENTS / 4);
  }
  const removed: Effect = { kind: 'removed', connection, reason, ...(code === undefined ? {} : { code }) };
  return [...letGo(state, connection), members, removed];
}

/** Ends a connection's selections and views. */
function letGo(state: RoomState, connection: string): Effect[] {
  const effects: Effect[] = viewsOf(state.viewers, connection).flatMap((thing) =>
    stopViewing(state, connection, thing),
  );
  for (const thing of claimsOf(state.selections, connection)) {
    effects.push(...letGoOf(state, thing, connection));
  }
  return effects;
}

function letGoOf(state: RoomState, thing: string, connection: string): Effect[] {
  const changed = release(state.selections, thing, connection);
  const claims: Effect = { kind: 'claims', thing, released: connection };
  return changed ? [claims, { kind: 'selection' }] : [claims];
}

function stopViewing(state: RoomState, connection: string, thing: string): Effect[] {
  return unview(state.viewers, thing, connection)
    ? [{ kind: 'viewing', connection, thing, views: false }]
    : [];
}

function select(state: RoomState, entry: EntryOf<'select'>): Effect[] {
  const { by, thing } = entry;
  const own = claimsOf(state.selections, by.connection);
  if (!own.includes(thing) && own.length >= state.limits.MAX_SELECTIONS) {
    return [answerTo(entry, refuse('LIMIT_EXCEEDED', { limit: 'MAX_SELECTIONS' }))];
  }
  const effects: Effect[] = [{ kind: 'claims', thing }];
  if (claim(state.selections, thing, by.userId, by.connection)) effects.push({ kind: 'selection' });
  const lockedBy = lockedByOther(state.selections, thing, by.userId);
  if (lockedBy === undefined) return [...effects, answerTo(entry, { ok: true })];
  const locked = { thing, lockedBy };
  effects.push(answerTo(entry, { ok: true, locked }));
  return [...effects, { kind: 'conflict', op: entry.type, to: by, ...locked }];
}

function joinViewer(state: RoomState, entry: EntryOf<'join_viewer'>): Effect[] {
  const { by, thing } = entry;
  const own = viewsOf(state.viewers, by.connection);
  if (!own.includes(thing) && own.length >= state.limits.MAX_SELECTIONS) {
    return [answerTo(entry, refuse('LIMIT_EXCEEDED', { limit: 'MAX_SELECTIONS' }))];
  }
  return [startViewing(state, by.connection, thing), answerTo(entry, { ok: true })];
}

function startViewing(state: RoomState, connection: string, thing: string): Effect {
  view(state.viewers, thing, connection);
  return { kind: 'viewing', connection, thing, views: true };
}
