import { systemClock } from '../clock.ts';

export type EndSignal = 'SIGTERM' | 'SIGINT';

/** What one of several processes is told, beside the signal, by what has started them and ends them all. */
export interface Ending {
  /** The nodes that end, this one and those that have ended before among them. */
  readonly alsoLeaving: readonly string[];
}

/** What one of several processes tells what has started it. */
export interface Begun {
  readonly nodeId: string;
}

/** `npm start` passes a Ctrl-C on that the terminal has sent here already: one wish, two signals. */
const SAME_SIGNAL_MS = 300;

/**
 * Calls `end` with the first signal that asks the process to end; the next one ends it at once.
 *
 * @returns what does the same without a signal
 */
export function onEndSignal(end: (signal: EndSignal) => void): (signal: EndSignal) => void {
  let firstAtMs: number | undefined;
  const onSignal = (signal: EndSignal) => {
    const nowMs = systemClock.monotonic();
    if (firstAtMs === undefined) {
      firstAtMs = nowMs;
      end(signal);
    } else if (nowMs - firstAtMs > SAME_SIGNAL_MS) process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return onSignal;
}
