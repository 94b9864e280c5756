import type * as Uws from 'uWebSockets.js';
import { CLOSE_TOO_BIG } from '../../protocol/closes.ts';
import { isGoodbye } from './close-frame.ts';
import type { Connection, Handshake, Transport, TransportOptions } from './connection.ts';
import { isBinaryFrame, payloadOf } from './frame.ts';
import { negotiatedProtocol, optional } from './handshake.ts';
import { listenError, whyNotAt } from './listen-error.ts';
import { listenOn, uws } from './uws-binary.ts';
import { type Slot, UwsConnection } from './uws-connection.ts';
import { HeldBack } from './uws-held-back.ts';
import { addressOf, answerUws, headersOf } from './uws-http.ts';
import { UwsLosses } from './uws-losses.ts';

/** A peer that is silent for so long is gone; µWS pings it before. */
const IDLE_TIMEOUT_SECONDS = 120;

/** The transport on µWebSockets.js: sockets, topics and fan-out in C++. */
export function createUwsTransport(options: TransportOptions): Transport {
  const { handler, maxBufferedBytes, maxFrameBytes } = options;
  const app = uws.App();
  const paths = new Set(options.paths);
  const losses = new UwsLosses((connection, frame) => handler.dropped(connection, frame));
  const heldBack = new HeldBack();
  const parts = { maxBufferedBytes, heldBack, losses };
  let listenSocket: Uws.us_listen_socket | undefined;
  let ended = false;

  app.ws<Slot>('/*', {
    compression: uws.DISABLED,
    maxBackpressure: maxBufferedBytes,
    idleTimeout: IDLE_TIMEOUT_SECONDS,
    // µWS cuts the connection above this without a close frame. Between the limit and twice of it the client
    // is told 1009; above, it sees 1006: a client that exceeds the limit by that much is not a mistaken one.
    maxPayloadLength: 2 * maxFrameBytes,

    upgrade(response, request, context) {
      // µWS looks at the key alone.
      const isUpgrade =
        request.getHeader('upgrade').toLowerCase() === 'websocket' &&
        request.getHeader('sec-websocket-version') === '13';
      const path = request.getUrl();
      if (!isUpgrade || !(paths.has(path) || options.accepts?.(path, request.getQuery() ?? ''))) {
        answerUws(options, response, request);
        return;
      }
      const key = request.getHeader('sec-websocket-key');
      let slot: Slot;
      let protocol: string;
      try {
        const handshake = readHandshake(response, request);
        protocol = handshake.protocol;
        slot = { connection: new UwsConnection(options.newId(), parts), handshake };
      } catch (error) {
        // A request that is neither answered nor upgraded ends the process.
        response.close();
        throw error;
      }
      // No extensions are passed on: none is negotiated.
      response.upgrade<Slot>(slot, key, protocol, '', context);
    },

    open(socket) {
      const slot = socket.getUserData();
      const { connection, handshake } = slot;
      slot.handshake = undefined;
      connection.attach(socket);
      if (handshake !== undefined) handler.opened(connection, handshake);
    },

    message(socket, message, isBinary) {
      const { connection } = socket.getUserData();
      if (message.byteLength > maxFrameBytes) connection.close(CLOSE_TOO_BIG, '');
      else handler.received(connection, new Uint8Array(message), isBinary);
    },

    // Called amid the drain of the topic tree, where closing, subscribing or publishing corrupts it. Direct
    // sends never come here, see UwsConnection.send; a pong that does not fit does, and harms as little.
    dropped(socket, message) {
      const { connection } = socket.getUserData();
      if (!losses.has(connection)) losses.add(connection, new Uint8Array(message.slice(0)));
    },

    drain(socket) {
      const { connection } = socket.getUserData();
      if (losses.drained(connection)) handler.drained(connection);
      else connection.terminate();
    },

    close(socket, code) {
      const { connection } = socket.getUserData();
      connection.detach();
      losses.forget(connection);
      const own = connection.closedWith;
      handler.closed(connection, own ?? code, own === undefined && isGoodbye(code));
    },
  });

  app.any('/*', (response, request) => answerUws(options, response, request));

  function readHandshake(response: Uws.HttpResponse, request: Uws.HttpRequest): Handshake {
    return {
      path: request.getUrl(),
      query: request.getQuery() ?? '',
      ...(paths.has(request.getUrl()) ? {} : { headers: headersOf(request) }),
      authorization: optional(request.getHeader('authorization')),
      cookie: optional(request.getHeader('cookie')),
      origin: optional(request.getHeader('origin')),
      host: optional(request.getHeader('host')),
      address: addressOf(response, () => headersOf(request), options.clientAddress),
      protocol: negotiatedProtocol(handler, request.getHeader('sec-websocket-protocol'), request.getUrl()),
    };
  }

  return {
    publish(topic, frame, except?: Connection) {
      if (ended) return;
      heldBack.add(topic, frame);
      losses.publish(topic, frame, except, () => {
        if (except instanceof UwsConnection && except.publishToOthers(topic, frame)) return;
        app.publish(topic, payloadOf(frame), isBinaryFrame(frame), false);
      });
    },

    listen(host, port) {
      return new Promise((resolve, reject) => {
        listenOn(app, { host, port, shares: options.sharesPort === true }, (socket) => {
          if (socket === false) {
            whyNotAt(host, port).then((cause) => reject(listenError(host, port, cause)));
            return;
          }
          listenSocket = socket;
          resolve(uws.us_socket_local_port(socket as Uws.us_socket));
        });
      });
    },

    stopListening() {
      if (listenSocket !== undefined && !ended) uws.us_listen_socket_close(listenSocket);
      listenSocket = undefined;
    },

    async close() {
      if (ended) return;
      ended = true;
      app.close();
    },
  };
}
