/* A room server as the documentation of Socket.IO shows it, on its default engine, with ws's native additions off. */
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, { serveClient: false });
io.on('connection', (socket) => {
  socket.on('join_room', ({ roomId, userId }, answer) => {
    socket.data.userId = userId;
    socket.join(roomId);
    answer?.({ roomId });
  });
  socket.on('cursor_move', ({ roomId, position }) => {
    socket.to(roomId).volatile.emit('cursor_move', { roomId, userId: socket.data.userId, position });
  });
});
http.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ msg: 'listening', port: (http.address() as { port: number }).port }));
});
