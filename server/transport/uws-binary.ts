import type * as Uws from 'uWebSockets.js';

/** The addon as it is, where its types fall behind. */
type Addon = typeof Uws & { readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number };
type ListenCallback = (socket: Uws.us_listen_socket | false) => void;
type Listen = (host: string, port: number, options: number, callback: ListenCallback) => void;

// Read once, when the addon is loaded. Its own 4 KiB refuse a head with a long token or many cookies, and that only
// where it comes in several reads; these are Node's.
process.env.UWS_HTTP_MAX_HEADERS_SIZE ??= String(16 * 1024);

/** µWebSockets.js, whose binary is made for certain platforms and versions of Node only. */
export const uws: Addon = await import('uWebSockets.js').then(
  (module) => module.default as unknown as Addon,
  (cause: unknown) => {
    const here = `${process.platform} ${process.arch}, Node ${process.versions.node}`;
    throw new Error(`µWebSockets.js cannot be loaded here (${here}). Set TRANSPORT=ws to run without it.`, {
      cause,
    });
  },
);

/** µWS's own default: several processes get the connections of one port, by chance. */
const SHARED = 0;

/** Listens on a port that nobody else has, unless it is shared. The callback is called before this returns. */
export function listenOn(
  app: Uws.TemplatedApp,
  { host, port, shares }: { host: string; port: number; shares: boolean },
  callback: ListenCallback,
): void {
  const listen = app.listen.bind(app) as unknown as Listen;
  listen(host, port, shares ? SHARED : uws.LIBUS_LISTEN_EXCLUSIVE_PORT, callback);
}
