import { once } from 'node:events';
import type { Test } from 'tap';
import { type WebSocket, WebSocketServer } from 'ws';

/** A server that lets everybody in as Tandem does, with single frames, and does with the rest as it is told. Its port. */
export async function double(
  t: Test,
  rest: (socket: WebSocket, message: { type: string; ref?: number }) => void,
): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  server.on('connection', (socket) => {
    socket.on('message', (bytes) => {
      const message = JSON.parse(bytes.toString());
      const { type } = message;
      if (type.startsWith('join')) socket.send(JSON.stringify({ type: 'ack', op: type, ok: true }));
      else rest(socket, message);
    });
  });
  return (server.address() as { port: number }).port;
}
