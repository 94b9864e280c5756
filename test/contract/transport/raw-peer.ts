import type { Socket } from 'node:net';
import type { Stage } from './stage.ts';

export const upgrade = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'];
export const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
/** What RFC 6455, section 1.3, has as the answer to that key. */
const accepted = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

export function request(lines: string[], target = '/', method = 'GET'): string {
  return [`${method} ${target} HTTP/1.1`, 'Host: a', ...lines, '', ''].join('\r\n');
}

/** A connection whose WebSocket frames the test writes and reads byte by byte. */
export async function rawPeer(at: Stage, target = '/'): Promise<Socket> {
  const socket = await at.tcp();
  socket.write(request([...upgrade, key], target));
  const head = await new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(String(chunk))));
  if (!head.includes(accepted)) throw new Error(head);
  return socket;
}

export function ended(socket: Socket): Promise<unknown> {
  socket.resume();
  return socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', resolve));
}
