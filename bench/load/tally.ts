import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** What was counted since the last time. */
export interface Tally {
  sent: number;
  /** Updates that came to others. */
  delivered: number;
  acknowledged: number;
  /** Commands that were not done. */
  refused: number;
  /** Of the last ones. */
  lastDelivered: number;
  bytes: number;
  /** Microseconds from sending to receipt. */
  latency: RecordableHistogram;
  /** Microseconds from sending to the acknowledgement. */
  ackLatency: RecordableHistogram;
  /** Microseconds from asking for a room to being in it, with all that comes of it. */
  entering: RecordableHistogram;
  scenes: number;
  sceneBytes: number;
  /** Whose connection ended, and why. */
  lost: string[];
  /** Part of the time that this thread was busy. */
  busy: number;
}

export function emptyTally(): Tally {
  return {
    sent: 0,
    delivered: 0,
    acknowledged: 0,
    refused: 0,
    lastDelivered: 0,
    bytes: 0,
    latency: createHistogram(),
    ackLatency: createHistogram(),
    entering: createHistogram(),
    scenes: 0,
    sceneBytes: 0,
    lost: [],
    busy: 0,
  };
}

/** What several threads have counted. */
export function together(a: Tally, b: Tally): Tally {
  const merged = { ...a, lost: [...a.lost, ...b.lost] };
  const counts = [
    'sent',
    'delivered',
    'acknowledged',
    'refused',
    'lastDelivered',
    'bytes',
    'scenes',
    'sceneBytes',
  ] as const;
  for (const name of counts) merged[name] += b[name];
  for (const name of ['latency', 'ackLatency', 'entering'] as const) {
    merged[name] = createHistogram();
    merged[name].add(a[name]);
    merged[name].add(b[name]);
  }
  return { ...merged, busy: Math.max(a.busy, b.busy) };
}
