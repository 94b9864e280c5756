import { createServer } from 'node:net';

/** The error of a `listen` that failed, with the `code` of its cause, where that is known. */
export function listenError(host: string, port: number, cause?: NodeJS.ErrnoException): Error {
  const text = `Cannot listen on ${host}:${port}: the port is in use, or the address is not one of this host's.`;
  return cause === undefined
    ? new Error(text)
    : Object.assign(new Error(text, { cause }), { code: cause.code });
}

/** Why nobody can listen there, for µWS does not say; undefined: by now one can. */
export function whyNotAt(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', resolve);
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });
}
