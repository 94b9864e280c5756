/* The rooms of an application as the documentation of Socket.IO shows them. */
import type { Server } from 'socket.io';

export function serveRooms(io: Server): void {
  // What its documentation advises for memory.
  io.engine.on('connection', (rawSocket) => {
    rawSocket.request = null;
  });
  const scenes = new Map<string, Record<string, object>>();
  const sceneOf = (roomId: string) => {
    const scene = scenes.get(roomId) ?? {};
    scenes.set(roomId, scene);
    return scene;
  };
  io.on('connection', (socket) => {
    socket.on('join_room', ({ roomId, userId }, answer) => {
      socket.data.userId = userId;
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
