/** The error of a `listen` that failed. */
export function listenError(host: string, port: number, cause?: unknown): Error {
  const text = `Cannot listen on ${host}:${port}: the port is in use, or the address is not one of this host's.`;
  return new Error(text, cause === undefined ? undefined : { cause });
}
