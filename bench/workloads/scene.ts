import { setTimeout as passed } from 'node:timers/promises';
import { Crews } from '../load/crews.ts';
import { people } from '../load/people.ts';
import type { Person } from '../load/speech.ts';
import { busiestCore, cores } from '../servers/cores.ts';
import { type ServerGroup, startGroup } from '../servers/group.ts';
import { type Contender, SECRET } from '../servers/servers.ts';
import type { Run, Scale } from './run.ts';

/** What a workload has at hand: a server, and clients of it. */
export interface Scene {
  readonly server: ServerGroup;
  readonly crews: Crews;
  /** Takes everybody to their rooms. */
  enter(all: Person[], how?: { atOnce?: number; onlyConnect?: boolean }, crews?: Crews): Promise<void>;
  /** The CPU in microseconds, and the seconds, that something takes. */
  during(something: () => Promise<unknown>): Promise<Spent>;
}

export interface Spent {
  /** Of all servers. */
  readonly cpu: number;
  /** Of the one that was busiest. */
  readonly busiest: number;
  /** Of all on the core that was busiest. */
  readonly core: number;
  /** Of the store that they share. */
  readonly store: number | undefined;
  readonly seconds: number;
}

/** Within which it is known why connections have ended. */
const SEEN_MS = 500;

/** Starts a server and a crew for one run, and ends both. Rejects where the server ends meanwhile, and names it. */
export async function withServer(
  contender: Contender,
  { threads }: Scale,
  run: (scene: Scene) => Promise<Run>,
): Promise<Run> {
  const server = await startGroup(contender);
  const crews = new Crews(threads);
  const rooms = new Map<string, number>();
  const nodeOf = (roomId: string, index: number): number => {
    const room = rooms.get(roomId) ?? rooms.size;
    rooms.set(roomId, room);
    return (contender.spread === 'users' ? index : room) % server.ports.length;
  };
  try {
    const scene: Scene = {
      server,
      crews,
      enter: (all, { atOnce = 50, onlyConnect = false } = {}, those = crews) =>
        those.open({
          target: { host: '127.0.0.1', ports: server.ports, secure: false },
          speech: contender.speech,
          people: all.map((one, index) => ({ ...one, node: nodeOf(one.roomId, index) })),
          atOnce,
          onlyConnect,
        }),
      async during(something) {
        const [before, begun] = [server.cpu(), performance.now()];
        await something();
        const [after, seconds] = [server.cpu(), (performance.now() - begun) / 1000];
        const each = after.servers.map((cpu, index) => cpu - (before.servers[index] ?? 0));
        const store = after.store === undefined ? undefined : after.store - (before.store ?? 0);
        const cpu = each.reduce((sum, one) => sum + one, 0);
        return { cpu, busiest: Math.max(...each), core: busiestCore(each, cores), store, seconds };
      },
    };
    return await Promise.race([run(scene), server.ended]);
  } catch (error) {
    // The end of a server is seen after that of its connections.
    await Promise.race([server.ended, passed(SEEN_MS)]);
    throw error;
  } finally {
    await crews.end();
    await server.end();
  }
}

/** Everybody in these rooms, with tokens, which they need unless they only connect. */
export const crowd = (rooms: number, users: number, onlyConnect = false) =>
  people(rooms, users, onlyConnect ? undefined : SECRET);
