import type { Random } from '../../simulation/random.ts';
import { createRandom } from '../../simulation/random.ts';
import { tokenOf } from '../../socket-io/stage.ts';
import { act } from './acts.ts';
import type { Fleet } from './fleet.ts';
import { overEventStream, overWebSocket } from './lines.ts';
import { NativeClient } from './native-client.ts';
import { RoomClient } from './room-client.ts';
import { SceneClient } from './scene-client.ts';

const ACT_MS = { native: 90, scene: 200, room: 400 };
/** Who uses what; `ada` has a second window. */
const natives = ['ada', 'ada', 'ben', 'cem'];
const streams = ['dia', 'eva'];
const scenes = { fay: ['websocket'], gil: ['polling'], hal: ['polling', 'websocket'] };
const rooms = { ida: ['websocket'], jon: ['polling', 'websocket'] };

/** People of all dialects, each of whom a balancer sends to whatever node lives. */
export interface Cast {
  readonly natives: readonly NativeClient[];
  readonly scenes: readonly SceneClient[];
  readonly rooms: readonly RoomClient[];
  /** Begins what they do by chance; returns what ends it. */
  act(): () => void;
  end(): void;
}

export async function assemble(fleet: Fleet, roomIds: readonly string[], random: Random): Promise<Cast> {
  const tokens = new Map<string, string>();
  for (const userId of [...natives, ...streams, ...Object.keys(scenes), ...Object.keys(rooms)])
    tokens.set(userId, await tokenOf(userId));
  const tokenFor = (userId: string) => tokens.get(userId) as string;
  const own = () => createRandom(random.below(2 ** 31));

  const native = (userId: string, index: number, open: typeof overWebSocket) => {
    const choices = own();
    return new NativeClient({
      ...{ name: `${userId}${index}`, userId, rooms: roomIds, random: choices },
      open(handler) {
        const port = fleet.pick(choices);
        return port === undefined ? undefined : open({ port, token: tokenFor(userId) }, handler);
      },
    });
  };
  const socket = (userId: string, transports: readonly string[]) => {
    const choices = own();
    return { transports, token: tokenFor(userId), port: () => fleet.pick(choices) };
  };
  const roomOf = (index: number) => roomIds[index % roomIds.length] as string;
  const cast = {
    natives: [
      ...natives.map((userId, index) => native(userId, index, overWebSocket)),
      ...streams.map((userId, index) => native(userId, index, overEventStream)),
    ],
    scenes: Object.entries(scenes).map(
      ([userId, transports], index) => new SceneClient(userId, roomOf(index), socket(userId, transports)),
    ),
    rooms: Object.entries(rooms).map(
      ([userId, transports], index) => new RoomClient(userId, roomOf(index), socket(userId, transports)),
    ),
  };
  return {
    ...cast,
    act() {
      const stops = [
        ...cast.natives.map((one) => repeat(own(), ACT_MS.native, (by) => act(one, by))),
        ...cast.scenes.map((one) => repeat(own(), ACT_MS.scene, (by) => one.act(by))),
        ...cast.rooms.map((one) => repeat(own(), ACT_MS.room, (by) => one.act(by))),
      ];
      return () => {
        for (const stop of stops) stop();
      };
    },
    end() {
      for (const one of [...cast.natives, ...cast.scenes, ...cast.rooms]) one.end();
    },
  };
}

/** Does something again and again, after pauses of up to twice `meanMs`; returns what ends it. */
export function repeat(random: Random, meanMs: number, action: (random: Random) => void): () => void {
  let timer: NodeJS.Timeout;
  const next = () => {
    timer = setTimeout(
      () => {
        action(random);
        next();
      },
      random.next() * 2 * meanMs,
    );
  };
  next();
  return () => clearTimeout(timer);
}
