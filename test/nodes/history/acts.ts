import type { Random } from '../../simulation/random.ts';
import { chooseBatch, things } from '../../simulation/scene-choices.ts';
import { chooseTextOperation } from '../../simulation/text-choices.ts';
import { MOST_OUTSTANDING, type NativeClient } from './native-client.ts';

export const DOCUMENT = 'notes';

const weights = {
  scene: 50,
  count: 25,
  text: 30,
  chat: 6,
  select: 9,
  unselect: 7,
  leave: 1.5,
  enter: 6,
  breakOff: 0.8,
  goodbye: 0.5,
} as const;
type Act = keyof typeof weights;

/** One thing that a client does by chance. */
export function act(client: NativeClient, random: Random): void {
  const roomId = random.pick([...client.rooms.keys()]);
  const room = client.rooms.get(roomId);
  const name = random.weighted(weights);
  if (room === undefined || (client.outbox.size >= MOST_OUTSTANDING && writes.has(name))) return;
  const isIn = client.joined.has(roomId);
  switch (name) {
    case 'scene': {
      const operations = chooseBatch(Object.keys(room.manifest.items), 1 + random.below(2), random);
      const version = random.chance(0.2) && room.since ? { version: room.version } : {};
      client.submit(roomId, { type: 'sceneOperation', operations, ...version });
      return;
    }
    case 'count': {
      // Always accepted, and each is seen in the scene.
      const counts = room.manifest.properties as Record<string, number>;
      const data = { [client.name]: (counts[client.name] ?? 0) + 1 };
      client.submit(roomId, {
        type: 'sceneOperation',
        operations: [{ type: 'update', target: 'scene', data }],
      });
      return;
    }
    case 'text': {
      const text = room.text(DOCUMENT);
      if (!isIn || text.pending !== undefined || text.stuck) return;
      const operation = chooseTextOperation(text.text, random);
      const { version } = text;
      const opId = client.submit(roomId, { type: 'operation', documentId: DOCUMENT, operation, version });
      text.began(opId, operation);
      return;
    }
    case 'chat':
      client.submit(roomId, { type: 'message', text: `${client.name} ${random.below(1e9)}` });
      return;
    case 'select':
    case 'unselect':
      client.say(roomId, { type: name, planetId: random.pick(things) });
      return;
    case 'leave':
      if (isIn && client.wanted.has(roomId)) client.leave(roomId);
      return;
    case 'enter':
      if (!isIn && !client.wanted.has(roomId)) client.enter(roomId);
      return;
    case 'breakOff':
    case 'goodbye':
      client.part(name === 'goodbye');
  }
}

const writes: ReadonlySet<Act> = new Set<Act>(['scene', 'count', 'text', 'chat']);
