/* Socket.IO's own server on µWebSockets.js. */

import uWS from 'uWebSockets.js';
import { Server } from 'socket.io';
import { listening } from './listening.ts';
import { serveRooms } from './socket-io-rooms.ts';

const app = uWS.App();
const io = new Server({ serveClient: false });
io.attachApp(app);
serveRooms(io);
app.listen('127.0.0.1', 0, (socket) => listening(uWS.us_socket_local_port(socket as uWS.us_listen_socket)));
