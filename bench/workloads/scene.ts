import { Crews } from '../load/crews.ts';
import { people } from '../load/people.ts';
import type { Person } from '../load/speech.ts';
import { type Contender, SECRET, type ServerProcess, startServer } from '../servers/servers.ts';
import type { Run, Scale } from './run.ts';

/** What a workload has at hand: a server, and clients of it. */
export interface Scene {
  readonly server: ServerProcess;
  readonly crews: Crews;
  /** Takes everybody to their rooms. */
  enter(all: Person[], how?: { atOnce?: number; onlyConnect?: boolean }, crews?: Crews): Promise<void>;
  /** The server's CPU in microseconds, and the seconds, that something takes. */
  during(something: () => Promise<unknown>): Promise<{ cpu: number; seconds: number }>;
}

/** Starts a server and a crew for one run, and ends both. */
export async function withServer(
  contender: Contender,
  { threads }: Scale,
  run: (scene: Scene) => Promise<Run>,
): Promise<Run> {
  const server = await startServer(contender);
  const crews = new Crews(threads);
  try {
    return await run({
      server,
      crews,
      enter: (all, { atOnce = 50, onlyConnect = false } = {}, those = crews) =>
        those.open({
          target: { host: '127.0.0.1', port: server.port, secure: false },
          speech: contender.speech,
          people: all,
          atOnce,
          onlyConnect,
        }),
      async during(something) {
        const [cpu, begun] = [server.cpuMicroseconds(), performance.now()];
        await something();
        return { cpu: server.cpuMicroseconds() - cpu, seconds: (performance.now() - begun) / 1000 };
      },
    });
  } finally {
    await crews.end();
    await server.end();
  }
}

/** Everybody in these rooms, with tokens. */
export const crowd = (rooms: number, users: number) => people(rooms, users, SECRET);
