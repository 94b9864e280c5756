/** Without an answer for so long, it is asked again: a refusal for its rate may be untold. [RL2] */
export const SILENCE_MS = 5000;
/** After a refusal that passes, where the server does not say when. */
export const RETRY_MS = 500;
/** Refusals that pass by themselves. */
export const passing: ReadonlySet<string> = new Set([
  'RATE_LIMITED',
  'OVERLOADED',
  'LOG_UNAVAILABLE',
  'OUTCOME_UNKNOWN',
  'SHUTTING_DOWN',
  'AUTHORIZER_UNAVAILABLE',
  'KEYS_UNAVAILABLE',
]);
