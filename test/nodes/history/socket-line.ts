import { io, type Socket } from 'socket.io-client';
import type { Message } from '../../support/wire.ts';

export interface SocketLineOptions {
  readonly namespace: string;
  readonly transports: readonly string[];
  readonly token: string;
  /** The port of some node that lives; asked before each connection. */
  port(): number | undefined;
}

/** The official client, which is sent to whatever node lives as often as it connects. */
export function openSocketLine({ namespace, transports, token, port }: SocketLineOptions): Socket {
  const url = () => `http://127.0.0.1:${port() ?? 9}${namespace}`;
  const socket = io(url(), {
    forceNew: true,
    transports: [...transports],
    auth: { token },
    reconnectionDelay: 30,
    reconnectionDelayMax: 200,
  });
  const manager = socket.io as unknown as { uri: string };
  socket.io.on('reconnect_attempt', () => {
    manager.uri = url();
  });
  return socket;
}

const PASSING = new Set(['LOG_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'NOT_JOINED']);
const RETRY_MS = 200;
/** A node that hangs is not waited for for ever. */
const WITHIN_MS = 20_000;

/** Asks until there is an answer that stands; undefined: it is given up. */
export async function askUntilAnswered(
  socket: Socket,
  event: string,
  given: object,
  options: { ready(): boolean; over(): boolean; refused?(code: string): void },
): Promise<Message | undefined> {
  while (!options.over()) {
    if (options.ready()) {
      // Without an answer it is not known; the opId makes the repeat harmless.
      const answer = await socket
        .timeout(WITHIN_MS)
        .emitWithAck(event, given)
        .catch(() => undefined);
      if (answer !== undefined && !PASSING.has(answer.code)) return answer;
      if (answer !== undefined) options.refused?.(answer.code);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  return undefined;
}
