import type { ServerResponse } from 'node:http';
import type { HttpOutput, HttpResponse, HttpStream } from './connection.ts';

/** Writes the head of a response of node:http and hands its body over to the stream. */
export function streamNode(
  response: ServerResponse,
  { status, headers }: HttpResponse,
  stream: HttpStream,
): void {
  if (response.destroyed) {
    stream.closed();
    return;
  }
  response.writeHead(status, { ...headers, connection: 'close' });
  response.on('drain', () => stream.drained());
  response.once('close', () => stream.closed());
  stream.opened(outputOf(response));
}

function outputOf(response: ServerResponse): HttpOutput {
  return {
    write: (chunk) => response.writableEnded || response.write(chunk),
    bufferedBytes: () => response.writableLength,
    end: () => void response.end(),
    destroy: () => void response.destroy(),
  };
}
