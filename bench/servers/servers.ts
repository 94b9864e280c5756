import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { SpeechName } from '../load/speeches.ts';
import { cpuMicroseconds, memoryBytes } from './accounting.ts';
import { cores, onCore } from './cores.ts';
import { type Owned, owned } from './owned.ts';

/** A server with the clients that it is measured with. */
export interface Contender {
  readonly name: string;
  readonly speech: SpeechName;
  readonly program: readonly string[];
  /** Whether it is Tandem. Default: another server. */
  readonly isOwn?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Started with it, and shared by its nodes. */
  readonly store?: 'redis';
  /** How many processes. Default: one. */
  readonly nodes?: number;
  /** What goes to the nodes in turns: whole rooms, or the users of each room. Default: rooms. */
  readonly spread?: 'rooms' | 'users';
}

export interface ServerProcess extends Owned {
  readonly port: number;
  cpuMicroseconds(): number;
  /** After its rubbish has been collected. */
  memoryBytes(): Promise<number>;
}

/**
 * Of all servers that have one core each, where threads that collect rubbish take the time of those that serve. The tail of
 * latency is shorter without them, and CPU is the same.
 */
const ONE_CORE = ['--single-threaded-gc'];

/** Signs the tokens of all who are let in. */
export const SECRET = 'a secret of the bench alone, and of nobody else';

const here = import.meta.url;
const peer = (name: string) => [fileURLToPath(new URL(`../peers/${name}.js`, here))];
const unlimited = {
  RATE_LIMIT: '1000000/1s',
  STREAM_LIMIT: '1000000/1s',
  MAX_ROOM_USERS: '100000',
  // Clients of the load send no heartbeats: as long as their tokens are valid.
  HEARTBEAT_GRACE_MS: '3600000',
};
const signed = { JWT_SECRET: SECRET };
const tandem = { program: peer('tandem'), isOwn: true, env: { ...unlimited, ...signed } };

export const contenders = {
  tandemBatch: { name: 'Tandem, native, batch frames', speech: 'native batch', ...tandem },
  tandemSingle: { name: 'Tandem, native, single frames', speech: 'native single', ...tandem },
  tandemSocketIo: { name: 'Tandem, Socket.IO clients', speech: 'socket.io', ...tandem },
  tandemRedis: { name: 'Tandem on Redis', speech: 'native batch', store: 'redis', ...tandem },
  twoNodesByRooms: {
    name: 'two nodes, each room on one',
    speech: 'native batch',
    ...{ store: 'redis', nodes: 2, spread: 'rooms', ...tandem },
  },
  twoNodesByUsers: {
    name: 'two nodes, each room on both',
    speech: 'native batch',
    ...{ store: 'redis', nodes: 2, spread: 'users', ...tandem },
  },
  socketIo: { name: 'Socket.IO', speech: 'socket.io', program: peer('socket-io'), env: signed },
  socketIoUws: { name: 'Socket.IO on µWS', speech: 'socket.io', program: peer('socket-io-uws'), env: signed },
  plainWs: { name: 'loop on ws', speech: 'plain', program: peer('plain-ws') },
  bareUws: { name: 'bare µWS publish', speech: 'plain', program: peer('bare-uws') },
} as const satisfies Record<string, Contender>;

/**
 * Starts a server on a core of its own, storing in a new directory.
 *
 * @param node which of several it is. Default: the first
 */
export async function startServer(contender: Contender, node = 0): Promise<ServerProcess> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tandem-bench-'));
  const collect = new URL('./collect.js', here).href;
  const flags = [...(cores ? ONE_CORE : []), '--import', collect];
  const program = [process.execPath, ...flags, ...contender.program];
  const [command = '', ...args] = [...onCore(node), ...program];
  const child = spawn(command, args, {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      WS_PORT: '0',
      DATA_DIR: dataDir,
      ...contender.env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const server = owned(contender.name, child, dataDir);
  const { pid, ended } = server;
  const lines = createInterface({ input: child.stdout as Readable });
  const said = (what: string) => Promise.race([lineWith(`"${what}"`, lines), ended]);
  const listening = await said('listening').catch(async (error) => {
    await server.end();
    throw error;
  });
  return {
    ...server,
    port: JSON.parse(listening).port,
    cpuMicroseconds: () => cpuMicroseconds(pid),
    async memoryBytes() {
      const collected = said('collected');
      child.kill('SIGUSR2');
      await collected;
      return memoryBytes(pid);
    },
  };
}

function lineWith(text: string, lines: Interface): Promise<string> {
  return new Promise((resolve) => {
    lines.on('line', (line) => {
      if (line.includes(text)) resolve(line);
    });
  });
}
