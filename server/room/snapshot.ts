import type { RoomState } from './state.ts';

/** Raised when the shape of {@link RoomState} changes; older formats stay readable, newer ones are refused. */
const FORMAT = 1;

/** A room's state as text, from which `decodeSnapshot` makes an equal one. */
export function encodeSnapshot(state: RoomState): string {
  const { scene } = state;
  return JSON.stringify({
    format: FORMAT,
    ...state,
    members: [...state.members].map(([id, one]) => [id, { ...one, sessions: [...one.sessions] }]),
    selections: [...state.selections].map(([thing, line]) => [
      thing,
      line.map((one) => ({ userId: one.userId, connections: [...one.connections] })),
    ]),
    viewers: [...state.viewers].map(([thing, connections]) => [thing, [...connections]]),
    scene: {
      ...scene,
      properties: { ...scene.properties, stamps: [...scene.properties.stamps] },
      items: [...scene.items].map(([id, item]) => [id, { ...item, stamps: [...item.stamps] }]),
    },
    texts: [...state.texts],
    answers: [...state.answers].map(([userId, own]) => [userId, [...own]]),
  });
}

/** Throws where the text is not a snapshot of a format that this version knows. */
export function decodeSnapshot(text: string): RoomState {
  const { format, ...plain } = JSON.parse(text);
  if (format !== FORMAT) throw new Error(`snapshot of format ${format}; this version reads ${FORMAT}`);
  // biome-ignore lint/suspicious/noExplicitAny: the inverse of encodeSnapshot, which is typed
  type Pairs = [string, any][];
  return {
    ...plain,
    // Older ones know of no departures.
    departures: plain.departures ?? { list: [], since: plain.offset },
    members: new Map(
      (plain.members as Pairs).map(([id, one]) => [
        id,
        { ...one, joinedOffset: one.joinedOffset ?? 0, sessions: new Map(one.sessions) },
      ]),
    ),
    selections: new Map(
      (plain.selections as Pairs).map(([thing, line]) => [
        thing,
        line.map((one: { userId: string; connections: string[] }) => ({
          userId: one.userId,
          connections: new Set(one.connections),
        })),
      ]),
    ),
    viewers: new Map((plain.viewers as Pairs).map(([thing, connections]) => [thing, new Set(connections)])),
    scene: {
      ...plain.scene,
      properties: { ...plain.scene.properties, stamps: new Map(plain.scene.properties.stamps) },
      items: new Map(
        (plain.scene.items as Pairs).map(([id, item]) => [id, { ...item, stamps: new Map(item.stamps) }]),
      ),
    },
    texts: new Map(plain.texts),
    answers: new Map((plain.answers as Pairs).map(([userId, own]) => [userId, new Map(own)])),
  };
}
