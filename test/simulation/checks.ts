import { deepStrictEqual } from 'node:assert/strict';
import { apply } from '../../server/room/apply.ts';
import type { Entry } from '../../server/room/entry.ts';
import { decodeSnapshot, encodeSnapshot } from '../../server/room/snapshot.ts';
import { emptyRoom } from '../../server/room/state.ts';
import type { ModelClient } from './model-client.ts';
import { type Told, told } from './told.ts';
import type { Store, World } from './world.ts';

/** After everything has settled: all clients agree with each other, with the log and with who is there. */
export function checkEnd(world: World): void {
  for (const client of world.clients) {
    client.endStretches();
    const unanswered = client.unanswered.map(({ command }) => command);
    deepStrictEqual(unanswered, [], `[NP4] ${client.name} waits for answers`);
    deepStrictEqual([...client.joined].sort(), [...world.rooms], `${client.name} is not in all rooms`);
  }
  for (const client of world.clients) checkPresence(world, client);
  for (const roomId of world.rooms) checkRoom(world, roomId);
}

/** In every room are those who are connected to it, and nobody else. */
export function checkPresence(world: World, client: ModelClient): void {
  for (const roomId of world.rooms) {
    const expected = new Map<string, number>();
    for (const { userId, joined } of world.clients) {
      if (joined.has(roomId)) expected.set(userId, (expected.get(userId) ?? 0) + 1);
    }
    const present = (client.presence.get(roomId) ?? []).map((one) => [one.userId, one.connections]);
    const told = Object.fromEntries(present);
    deepStrictEqual(told, Object.fromEntries(expected), `[PR1] [PR3] [PR5] ${client.name}: presence`);
  }
}

function checkRoom(world: World, roomId: string): void {
  const [first] = world.clients;
  const life = world.chronicle.life(roomId, first?.rooms.get(roomId)?.epoch ?? '');
  const { state, selected } = told(life);
  const items = Object.fromEntries([...state.scene.items].map(([id, item]) => [id, item.data]));
  const manifest = { properties: state.scene.properties.data, items };
  const texts = [...state.texts].map(([id, { version, text }]) => [id, version, text]).sort();
  for (const client of world.clients) {
    const room = client.roomOf(roomId);
    deepStrictEqual(room.version, state.scene.version, `${client.name}: version`);
    deepStrictEqual(room.manifest, manifest, `[DU2] ${client.name}: scene`);
    const known = [...room.texts].filter(([, text]) => text.version > 0);
    deepStrictEqual(known.map(([id, text]) => [id, text.version, text.text]).sort(), texts, '[DU2] texts');
    deepStrictEqual(client.selected.get(roomId), selected, `[SL1] [SL5] ${client.name}`);
  }
}

/** Folds every log anew: from its first entry, and from its snapshot. */
export async function checkHistory(world: World, store: Store): Promise<void> {
  const all = new Map(world.chronicle.lives().map((life) => [`${life.roomId} ${life.epoch}`, told(life)]));
  const log = await store.open();
  for (const roomId of world.rooms) {
    const opened = await log.open(roomId, () => {});
    const history = all.get(`${roomId} ${opened.epoch}`);
    if (history !== undefined) {
      const state = opened.snapshot === undefined ? emptyRoom() : decodeSnapshot(opened.snapshot.state);
      for (const entry of opened.tail) apply(state, JSON.parse(entry) as Entry);
      deepStrictEqual(encodeSnapshot(state), encodeSnapshot(history.state), '[DU2] from the snapshot');
    }
    await opened.close();
  }
  await store.close();
  for (const { epoch, from, to, ids, connections } of world.stretches) {
    const history = [...all].find(([key]) => key.endsWith(` ${epoch}`))?.[1];
    const sent = history?.sent.filter((one) => one.offset > from && one.offset <= to) ?? [];
    const due = sent.filter((one) => !connections.has(one.from ?? '') || ids.includes(one.id));
    deepStrictEqual(
      ids,
      due.map((one) => one.id),
      `[RS2] [EV5] messages and events after ${from} through ${to}`,
    );
  }
  checkAcknowledged(world, [...all.values()]);
}

/** What was acknowledged is in the log, once. */
function checkAcknowledged(world: World, histories: Told[]): void {
  const accepted = new Map(histories.flatMap((one) => [...one.accepted]));
  for (const [key, answer] of world.outcomes) {
    const { type, ...result } = JSON.parse(answer);
    if (type !== 'ack') continue;
    deepStrictEqual(accepted.get(key), { ok: true, ...result }, `[DU1] [XO1] ${key}`);
  }
}
