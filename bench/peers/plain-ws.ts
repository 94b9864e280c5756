/* Rooms as people write them with the `ws` package: every frame goes to the others of the room. */
import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { listening } from './listening.ts';

const rooms = new Map<string, Set<WebSocket>>();
const http = createServer();
const server = new WebSocketServer({ server: http, perMessageDeflate: false, clientTracking: false });

server.on('connection', (socket, request) => {
  const roomId = new URL(request.url ?? '/', 'http://localhost').searchParams.get('room') ?? '';
  const room = rooms.get(roomId) ?? new Set();
  rooms.set(roomId, room.add(socket));
  socket.on('message', (data, isBinary) => {
    for (const other of room) {
      if (other !== socket && other.readyState === WebSocket.OPEN) other.send(data, { binary: isBinary });
    }
  });
  socket.on('error', () => {});
  socket.on('close', () => room.delete(socket));
});
http.listen(0, '127.0.0.1', () => listening((http.address() as { port: number }).port));
