/* The rooms of an application as the documentation of Socket.IO shows them, for those who have a token. */
import { createSecretKey } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { Server } from 'socket.io';

const secret = createSecretKey(process.env.JWT_SECRET ?? '', 'utf8');

export function serveRooms(io: Server): void {
  // What its documentation advises for memory.
  io.engine.on('connection', (rawSocket) => {
    rawSocket.request = null;
  });
  io.use((socket, next) => {
    const { token } = socket.handshake.auth;
    // A bare connection.
    if (token === undefined) return next();
    jwtVerify(token, secret, { algorithms: ['HS256'] }).then(({ payload }) => {
      socket.data.userId = payload.sub;
      next();
    }, next);
  });
  const scenes = new Map<string, Record<string, object>>();
  const sceneOf = (roomId: string) => {
    const scene = scenes.get(roomId) ?? {};
    scenes.set(roomId, scene);
    return scene;
  };
  io.on('connection', (socket) => {
    socket.on('join_room', ({ roomId }, answer) => {
      if (socket.data.userId === undefined) return answer?.({ ok: false });
      socket.join(roomId);
      answer?.({ roomId, items: sceneOf(roomId) });
    });
    socket.on('cursor_move', ({ roomId, position }) => {
      socket.to(roomId).emit('cursor_move', { roomId, userId: socket.data.userId, position });
    });
    socket.on('sceneOperation', ({ roomId, operation }, answer) => {
      const scene = sceneOf(roomId);
      scene[operation.id] = { ...scene[operation.id], ...operation.data };
      socket.to(roomId).emit('sceneDelta', { roomId, userId: socket.data.userId, operations: [operation] });
      answer?.({ ok: true });
    });
  });
}
