import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Message } from './wire.ts';

/** A plain WebSocket client that remembers what has arrived and can be asked for what comes next. */
export interface TestClient {
  readonly socket: WebSocket;
  /** Everything that has arrived, oldest first; those of batch frames one by one. */
  readonly messages: Message[];
  /** Frames as they arrived, with the time of arrival in monotonic milliseconds. */
  readonly frames: { text: string; at: number }[];
  send(message: unknown): void;
  /** The first message, from `messages[from]` on, that fits; waits for it if need be. */
  next(fits: (message: Message) => boolean, from?: number): Promise<Message>;
  /** The next message of this type that has not been returned by this call before. */
  nextOf(type: string): Promise<Message>;
  /** The answer (ack, error, conflict, syncResponse) to a command that is sent with a ref of its own. */
  ask(command: Message): Promise<Message>;
  /** Resolves when everything that the server had sent by now has arrived. */
  sync(): Promise<void>;
  close(): Promise<void>;
  readonly closed: Promise<{ code: number; reason: string }>;
}

export async function connect(
  port: number,
  options: { path?: string; protocols?: string[]; headers?: Record<string, string> } = {},
): Promise<TestClient> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${options.path ?? '/ws'}`, options.protocols ?? [], {
    headers: options.headers ?? {},
  });
  const messages: Message[] = [];
  const frames: { text: string; at: number }[] = [];
  const waiting = new Set<() => void>();
  const seen = new Map<string, number>();
  let refs = 0;
  socket.on('message', (bytes) => {
    const text = bytes.toString();
    frames.push({ text, at: performance.now() });
    const parsed = JSON.parse(text) as Message | Message[];
    messages.push(...(Array.isArray(parsed) ? parsed : [parsed]));
    for (const wake of [...waiting]) wake();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => {
      resolve({ code, reason: reason.toString() });
      for (const wake of [...waiting]) wake();
    });
  });
  await once(socket, 'open');

  const client: TestClient = {
    socket,
    messages,
    frames,
    closed,
    send: (message) => socket.send(JSON.stringify(message)),
    next(fits, from = 0) {
      return new Promise((resolve, reject) => {
        let at = from;
        function look(): void {
          for (; at < messages.length; at++) {
            const message = messages[at] as Message;
            if (!fits(message)) continue;
            waiting.delete(look);
            resolve(message);
            return;
          }
          if (socket.readyState < WebSocket.CLOSING) return;
          waiting.delete(look);
          reject(new Error('the connection closed before such a message'));
        }
        waiting.add(look);
        look();
      });
    },
    async nextOf(type) {
      const message = await client.next((one) => one.type === type, seen.get(type) ?? 0);
      seen.set(type, messages.indexOf(message) + 1);
      return message;
    },
    async ask(command) {
      refs += 1;
      const ref = `ref-${refs}`;
      const from = messages.length;
      client.send({ ...command, ref });
      return client.next((one) => one.ref === ref, from);
    },
    async sync() {
      await client.ask({ type: 'heartbeat' });
    },
    async close() {
      socket.close();
      await closed;
    },
  };
  return client;
}
