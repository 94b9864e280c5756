/*
 * What a delivered `cursor_move` costs: server CPU, as the operating system accounts it, over deliveries, in
 * rooms of 20 in which everybody moves at 60 Hz; Tandem and Socket.IO's own server in turns.
 *
 *   npx tsx bench/cursors.ts [--rounds 3] [--seconds 8] [--rooms 2]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { quantile } from '../test/e2e/figures.ts';
import { atRate } from '../test/e2e/pace.ts';

const USERS = 20;
const HZ = 60;
/** Of the kernel's accounting, on all Linux machines. */
const TICKS_PER_SECOND = 100;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    rooms: { type: 'string', default: '2' },
  },
});
const seconds = Number(values.seconds);

const servers = {
  tandem: ['../dist/server/main.js', 'serve'],
  'socket.io': ['peers/socket-io.ts'],
} as const;

interface Figures {
  deliveries: number;
  due: number;
  cpuMicroseconds: number;
  p99: number;
}

async function start([file, ...args]: readonly string[]): Promise<{ child: ChildProcess; port: number }> {
  const path = fileURLToPath(new URL(file as string, import.meta.url));
  const loader = path.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const child = spawn(process.execPath, [...loader, path, ...args], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      WS_PORT: '0',
      HOST: '127.0.0.1',
      STORE: 'memory',
      RATE_LIMIT: '1000000/1s',
      STREAM_LIMIT: '1000000/1s',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve) => {
    createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on('line', (line) => {
      if (line.includes('"listening"')) resolve({ child, port: JSON.parse(line).port });
    });
  });
}

/** Microseconds of CPU that a process has used. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS_PER_SECOND;
}

/** Speaks packets itself: a client library would cost more than what is measured. */
async function join(port: number, roomId: string, userId: string, heard: (packet: string) => void) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
  await new Promise<void>((resolve) => {
    socket.on('message', (bytes: Buffer) => {
      const packet = bytes.toString('latin1');
      if (packet === '2') socket.send('3');
      else if (packet.startsWith('0')) socket.send('40');
      else if (packet.startsWith('40'))
        socket.send(`420${JSON.stringify(['join_room', { roomId, userId }])}`);
      else if (packet.startsWith('430')) resolve();
      else heard(packet);
    });
  });
  return socket;
}

async function measure(command: readonly string[]): Promise<Figures> {
  const { child, port } = await start(command);
  let deliveries = 0;
  const latencies: number[] = [];
  let sent = 0;
  const sockets = await Promise.all(
    Array.from({ length: USERS * Number(values.rooms) }, (_, index) =>
      join(port, `room${Math.floor(index / USERS)}`, `user${index}`, (packet) => {
        if (!packet.startsWith('42["cursor_move"')) return;
        deliveries += 1;
        if (deliveries % 50 !== 0) return;
        latencies.push(performance.now() - Number(/"x":([\d.]+)/.exec(packet)?.[1]));
      }),
    ),
  );
  const stops = sockets.map((socket, index) => {
    const roomId = `room${Math.floor(index / USERS)}`;
    return atRate(HZ, () => {
      sent += 1;
      const position = { x: performance.now(), y: index };
      socket.send(`42${JSON.stringify(['cursor_move', { roomId, position }])}`);
    });
  });
  await passed(2000);
  deliveries = 0;
  sent = 0;
  latencies.length = 0;
  const before = cpuOf(child.pid as number);
  await passed(seconds * 1000);
  const cpuMicroseconds = cpuOf(child.pid as number) - before;
  const figures = { deliveries, due: sent * (USERS - 1), cpuMicroseconds, p99: quantile(latencies, 0.99) };
  for (const stop of stops) stop();
  for (const socket of sockets) socket.terminate();
  child.kill();
  await new Promise((resolve) => child.once('exit', resolve));
  return figures;
}

function passed(forMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forMs));
}

const ratios: number[] = [];
for (let round = 1; round <= Number(values.rounds); round++) {
  const costs: Record<string, number> = {};
  for (const [name, command] of Object.entries(servers)) {
    const { deliveries, due, cpuMicroseconds, p99 } = await measure(command);
    costs[name] = cpuMicroseconds / deliveries;
    console.log(
      `${name.padEnd(10)} ${Math.round(deliveries / seconds)} deliveries/s (${((100 * deliveries) / due).toFixed(1)} % of those due), ` +
        `${costs[name].toFixed(2)} µs of CPU each, p99 ${p99.toFixed(0)} ms`,
    );
  }
  ratios.push((costs.tandem ?? 0) / (costs['socket.io'] ?? 1));
}
console.log(
  `tandem costs ${quantile(ratios, 0.5).toFixed(3)} of socket.io (${ratios.map((one) => one.toFixed(3)).join(', ')})`,
);
