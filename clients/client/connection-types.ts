import type { TandemError } from './error.ts';

/** `waiting`: for the next attempt. `closed`: for good. */
export type Status = 'connecting' | 'open' | 'waiting' | 'closed';

export interface ConnectionEvents {
  status: Status;
  /** Without a connection for 5 s. */
  lost: undefined;
  /** It has ended for good, or a token could not be had or was refused, or something without an answer was. */
  error: TandemError;
  message: Readonly<Record<string, unknown>>;
}
