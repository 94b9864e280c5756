import type { Message } from '../support/wire.ts';
import type { ModelClient } from './model-client.ts';
import type { Random } from './random.ts';
import { chooseBatch, things } from './scene-choices.ts';
import type { Sent } from './sent.ts';
import { chooseTextOperation } from './text-choices.ts';

type Action = (client: ModelClient, roomId: string, random: Random) => void;

/** What a client may do, connected and in a room. */
export const actions = {
  sceneOperation(client, roomId, random) {
    const room = client.roomOf(roomId);
    const count = random.chance(0.3) ? 1 + random.below(4) : 1;
    const operations = chooseBatch(Object.keys(room.manifest.items), count, random);
    if (random.chance(0.03))
      operations.push({ type: 'update', target: 'scene', data: { big: 'x'.repeat(2500) } });
    client.send({
      type: 'sceneOperation',
      roomId,
      ...(operations.length === 1 ? { operation: operations[0] } : { operations }),
      ...(random.chance(0.4) ? { version: Math.max(0, room.version - random.below(6)) } : {}),
      ...(random.chance(0.6) ? { opId: client.newId() } : {}),
    });
  },
  operation(client, roomId, random) {
    const documentId = random.pick(['page', 'note']);
    const { past, lost } = client.roomOf(roomId).text(documentId);
    if (lost) return;
    const version = random.pick([...past.keys()].slice(-6));
    const operation = chooseTextOperation(past.get(version) as string, random);
    client.send({ type: 'operation', roomId, documentId, operation, version, opId: client.newId() });
  },
  message(client, roomId, random) {
    const opId = random.chance(0.7) ? { opId: client.newId() } : {};
    // Some are so long that a few of them fill the buffer of one that does not read.
    const text = random.chance(0.3) ? 'long '.repeat(300) : `hello from ${client.name}`;
    client.send({ type: 'message', roomId, text, ...opId });
  },
  relay(client, roomId, random) {
    // By what it knows, by all that may be there, or by nothing: most fit, and some do not.
    const known = random.pick([Object.keys(client.roomOf(roomId).manifest.items), things, []]);
    const toAll = random.chance(0.2);
    const operations = chooseBatch(known, 1 + random.below(3), random);
    client.send({
      type: 'relay',
      roomId,
      event: 'moved',
      data: { n: client.newId(), toAll },
      ...(toAll ? { toAll } : {}),
      ...(random.chance(0.6) ? { operations } : {}),
      ...(random.chance(0.6) ? { opId: client.newId() } : {}),
    });
  },
  repeat(client, _, random) {
    const sent = client.repeatable.slice(-10);
    if (sent.length > 0) client.send(random.pick(sent).command);
  },
  select(client, roomId, random) {
    client.send({ type: 'select', roomId, planetId: random.pick(things) });
  },
  unselect(client, roomId, random) {
    client.send({ type: 'unselect', roomId, planetId: random.pick(things) });
  },
  view(client, roomId, random) {
    const planetId = random.pick(things);
    client.views.add(`${roomId} ${planetId}`);
    client.send({ type: 'join_viewer', roomId, planetId });
  },
  stopViewing(client, roomId, random) {
    client.send({ type: 'leave_viewer', roomId, planetId: random.pick(things) });
  },
  signal(client, roomId, random) {
    const planetId = things.find((thing) => client.views.has(`${roomId} ${thing}`));
    if (planetId === undefined) client.signal({ type: 'cursor', roomId, position: [random.below(9), 1] });
    else client.signal({ type: 'camera', roomId, planetId, camera: { zoom: random.below(9) } });
  },
  requestSync(client, roomId, random) {
    const room = random.chance(0.5)
      ? client.roomOf(roomId)
      : random.pick(client.saved.get(roomId) ?? [client.roomOf(roomId)]);
    const { version, offset, epoch } = room;
    if (random.chance(0.3)) return client.send({ type: 'requestSync', roomId });
    const more = { ...(random.chance(0.5) ? { epoch } : {}), ...(random.chance(0.3) ? { offset } : {}) };
    const isHere = epoch === client.roomOf(roomId).epoch;
    client.send({ type: 'requestSync', roomId, version, ...more }, isHere ? { from: room.clone() } : {});
  },
  joinAgain: (client, roomId, random) => join(client, roomId, random),
  leave(client, roomId) {
    client.send({ type: 'leave', roomId });
  },
  stall(client) {
    client.connection?.stall();
    client.isStalled = true;
  },
} satisfies Record<string, Action>;

export const weights: Record<keyof typeof actions, number> = {
  sceneOperation: 30,
  operation: 18,
  message: 14,
  relay: 12,
  repeat: 6,
  select: 6,
  unselect: 3,
  view: 2,
  stopViewing: 2,
  signal: 4,
  requestSync: 4,
  joinAgain: 2,
  leave: 1.5,
  stall: 5,
};

/** Joins with what the client knows, with less than that, with nothing, or with what cannot be. */
export function join(client: ModelClient, roomId: string, random: Random): void {
  const command: Message = { type: 'join', roomId, user: { userId: client.userId, name: client.name } };
  if (random.chance(0.3)) command.scene = true;
  client.send(command, claim(client, roomId, command, random));
}

function claim(client: ModelClient, roomId: string, command: Message, random: Random): Omit<Sent, 'command'> {
  const known = client.rooms.get(roomId);
  if (known === undefined || known.epoch === '' || known.needsState || !known.complete) return {};
  const kind = random.weighted({ present: 12, earlier: 5, none: 2, scene: 1, stranger: 1, ahead: 1 });
  if (kind === 'none') return {};
  const place = kind === 'earlier' ? random.pick([known, ...(client.saved.get(roomId) ?? [])]) : known;
  const { epoch, version, offset } = place;
  command.since = { epoch, version, offset };
  if (kind === 'scene') command.since = { epoch, version };
  if (kind === 'stranger') command.since.epoch = 'another';
  if (kind === 'ahead') command.since.version += 100_000;
  return { claimed: place.clone(), isFalse: kind === 'stranger' || kind === 'ahead' };
}
