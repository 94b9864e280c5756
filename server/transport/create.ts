import type { Transport, TransportOptions } from './connection.ts';

export type TransportKind = 'uws' | 'ws';

/**
 * Makes a transport. Only the chosen implementation is loaded: µWS has no binary for some platforms. Without
 * a choice it is µWS where it runs, else `ws`.
 */
export async function createTransport(
  kind: TransportKind | undefined,
  options: TransportOptions,
): Promise<{ kind: TransportKind; transport: Transport }> {
  if (kind !== 'ws') {
    try {
      const { createUwsTransport } = await import('./uws.ts');
      return { kind: 'uws', transport: createUwsTransport(options) };
    } catch (error) {
      if (kind === 'uws') throw error;
    }
  }
  if (options.sharesPort === true)
    throw new Error('PORT_SHARING=on needs µWebSockets.js, which has no binary for this platform.');
  const { createWsTransport } = await import('./ws.ts');
  return { kind: 'ws', transport: createWsTransport(options) };
}
