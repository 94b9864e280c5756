import type { Clock } from '../clock.ts';
import type { Session } from '../dispatch/session.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import { identityOf } from './sessions.ts';

/** What somebody does who should perhaps not be here, by the code that it was refused with. */
const kinds = {
  TOKEN_INVALID: 'token',
  TOKEN_EXPIRED: 'token',
  TOKEN_REVOKED: 'token',
  ORIGIN_REFUSED: 'origin',
  IDENTITY_MISMATCH: 'identity',
  FORBIDDEN: 'forbidden',
  PROJECT_NOT_FOUND: 'forbidden',
  SIGNATURE_INVALID: 'signature',
  FLOOD: 'flood',
} as const;

/** Who it was, as far as that is known. Never a token. */
export interface Suspect {
  readonly address: string;
  readonly userId?: string | undefined;
  /** The path of one over HTTP; never the query. */
  readonly request?: string | undefined;
  /** Of the field at fault. */
  readonly path?: string | undefined;
}

export function suspectOf(session: Session): Suspect {
  return { address: session.address, userId: identityOf(session)?.userId };
}

/** Notes a refusal, where its code is one of suspicious activity; others are none of its business. */
export type Suspicion = (code: string, suspect: Suspect) => void;

/** Lines of the log in a second: strangers must not fill a disk. All are counted. */
const MOST_LINES = 20;
const WINDOW_MS = 1000;

/** Suspicious activity is logged as a warning and counted, `tandem_suspicious_total`. */
export function createSuspicion(
  logger: Logger,
  { suspicious }: Pick<Metrics, 'suspicious'>,
  clock: Pick<Clock, 'monotonic'>,
): Suspicion {
  let windowEnds = Number.NEGATIVE_INFINITY;
  let lines = 0;
  return (code, { address, userId, request, path }) => {
    if (!isSuspicious(code)) return;
    const kind = kinds[code];
    suspicious.labels(kind).inc();
    const now = clock.monotonic();
    if (now >= windowEnds) {
      const unlogged = lines - MOST_LINES;
      if (unlogged > 0) logger.warn({ unlogged }, 'more suspicious activity');
      windowEnds = now + WINDOW_MS;
      lines = 0;
    }
    lines += 1;
    if (lines <= MOST_LINES) logger.warn({ kind, code, address, userId, request, path }, 'suspicious');
  };
}

function isSuspicious(code: string): code is keyof typeof kinds {
  return Object.hasOwn(kinds, code);
}
