import { randomUUID } from 'node:crypto';
import { createInterface, type Interface } from 'node:readline';
import { WebSocket } from 'ws';

export interface WatchOptions {
  readonly url: string;
  readonly room: string;
  readonly name: string;
  readonly token?: string;
}

/** Between two heartbeats; the server's own HEARTBEAT_MS is 30 seconds. */
const HEARTBEAT_MS = 25_000;

/**
 * `tandem watch`: one native client in a terminal. Joins a room, prints every message as it comes and sends
 * the lines of stdin. Resolves with the exit code when the connection has ended: 0 after Ctrl-C, or where
 * nobody reads on, else 1.
 */
export async function watch({ url, room, name, token }: WatchOptions): Promise<number> {
  // With a token the server knows who this is, and would refuse another id.
  const userId = token === undefined ? `terminal-${randomUUID().slice(0, 8)}` : undefined;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const connection = new WebSocket(url, { headers });
  let lines: Interface | undefined;
  let heartbeats: NodeJS.Timeout | undefined;
  let exitCode = 1;

  connection.on('open', () => {
    connection.send(JSON.stringify({ type: 'join', roomId: room, user: { userId, name } }));
    console.error(`In room ${room}; messages that are typed here are sent, Ctrl-C leaves.`);
    // Not before: what is typed meanwhile waits.
    lines = createInterface({ input: process.stdin });
    lines.on('line', (line) => line.trim() && connection.send(line));
    heartbeats = setInterval(() => {
      connection.send(JSON.stringify({ type: 'heartbeat', userId, ts: Date.now() }));
    }, HEARTBEAT_MS);
  });
  connection.on('message', (frame) => console.log(String(frame)));
  connection.on('error', (error) => console.error(`${url}: ${error.message}`));
  const leave = () => {
    exitCode = 0;
    connection.close(1000);
  };
  process.once('SIGINT', leave);
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    // Who reads has seen enough: `tandem watch | head`.
    if (code === 'EPIPE') return leave();
    console.error(`Cannot print: ${message}`);
    connection.close(1000);
  });

  return new Promise((resolve) => {
    connection.on('close', (code, reason) => {
      clearInterval(heartbeats);
      lines?.close();
      console.error(`Closed with ${code} ${reason}`);
      resolve(exitCode);
    });
  });
}
