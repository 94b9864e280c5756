/* The limit of the machine: every frame is published as it came. No parsing, no protocol, nothing kept. */
import uWS from 'uWebSockets.js';
import { listening } from './listening.ts';

interface Place {
  room: string;
}

uWS
  .App()
  .ws<Place>('/*', {
    maxBackpressure: 1024 * 1024,
    upgrade(response, request, context) {
      const place = { room: request.getQuery('room') ?? '' };
      const header = (name: string) => request.getHeader(name);
      const key = header('sec-websocket-key');
      const protocol = header('sec-websocket-protocol');
      response.upgrade(place, key, protocol, header('sec-websocket-extensions'), context);
    },
    open: (socket) => void socket.subscribe(socket.getUserData().room),
    message: (socket, message, isBinary) => void socket.publish(socket.getUserData().room, message, isBinary),
  })
  .listen('127.0.0.1', 0, (socket) => listening(uWS.us_socket_local_port(socket as uWS.us_listen_socket)));
