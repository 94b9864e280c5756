import type * as Uws from 'uWebSockets.js';

/** The addon as it is, where its types fall behind. */
type Addon = typeof Uws & { readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number };
type ListenCallback = (socket: Uws.us_listen_socket | false) => void;
type Listen = (host: string, port: number, options: number, callback: ListenCallback) => void;

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

/**
 * Listens on a port that nobody else has. By default µWS shares it: several processes would then get
 * connections by chance, each with rooms of its own. The callback is called before this returns.
 */
export function listenExclusively(
  app: Uws.TemplatedApp,
  host: string,
  port: number,
  callback: ListenCallback,
): void {
  const listen = app.listen.bind(app) as unknown as Listen;
  listen(host, port, uws.LIBUS_LISTEN_EXCLUSIVE_PORT, callback);
}
