/* Socket.IO's own server on its default engine, with the native addition to `ws` that its documentation advises. */
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { listening } from './listening.ts';
import { serveRooms } from './socket-io-rooms.ts';

const http = createServer();
serveRooms(new Server(http, { serveClient: false }));
http.listen(0, '127.0.0.1', () => listening((http.address() as { port: number }).port));
