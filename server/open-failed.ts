import type { OpenFailed } from './log/lasting-log.ts';
import type { Logger } from './logger.ts';

/** Tells operators of a log of the server's own, as of projects or of stays, that has ended and does not open. */
export function openFailed(logger: Pick<Logger, 'error'>): OpenFailed {
  return (name, error) =>
    logger.error({ log: name, err: error }, 'a log has ended and cannot be opened anew; it is tried again');
}
