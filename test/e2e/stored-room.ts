import type { Log } from '../../server/log/log.ts';
import { apply } from '../../server/room/apply.ts';
import type { Entry } from '../../server/room/entry.ts';
import { decodeSnapshot } from '../../server/room/snapshot.ts';
import { emptyRoom, type RoomState } from '../../server/room/state.ts';

/** What a log holds of a room, folded anew; closes it. */
export async function foldStoredRoom(
  log: Log,
  roomId: string,
): Promise<{ state: RoomState; entries: number; fromSnapshot: boolean }> {
  try {
    const { snapshot, tail } = await log.open(roomId, () => {});
    const state = snapshot === undefined ? emptyRoom() : decodeSnapshot(snapshot.state);
    for (const text of tail) apply(state, JSON.parse(text) as Entry);
    return { state, entries: tail.length, fromSnapshot: snapshot !== undefined };
  } finally {
    await log.close();
  }
}

/** The state as clients are told it. */
export function wholeOf({ scene, texts, messages }: RoomState) {
  return {
    version: scene.version,
    manifest: {
      properties: scene.properties.data,
      items: Object.fromEntries([...scene.items].map(([id, item]) => [id, item.data])),
    },
    documents: Object.fromEntries([...texts].map(([id, { version, text }]) => [id, { version, text }])),
    messages,
  };
}
