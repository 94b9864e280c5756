// Loaded before a server whose memory is measured: rubbish is no part of what a connection costs.
import { setTimeout as passed } from 'node:timers/promises';

/** Time for what was collected to be given back to the system, and for what that lets go of to become rubbish, too. */
const TURN_MS = 200;
const MOST_TURNS = 20;

process.on('SIGUSR2', async () => {
  let before = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    globalThis.gc?.();
    await passed(TURN_MS);
    const now = process.memoryUsage.rss();
    if (now > before * 0.99) break;
    before = now;
  }
  console.log(JSON.stringify({ msg: 'collected' }));
});
