// Loaded before a server whose memory is measured: rubbish is no part of what a connection costs, nor are the gaps that
// it leaves. Asked by the inspector, V8 moves together what remains, as it does when memory is short; `gc()` does not.
import { Session } from 'node:inspector/promises';
import { setTimeout as passed } from 'node:timers/promises';

/** Time for what was collected to be given back to the system, and for what that lets go of to become rubbish, too. */
const TURN_MS = 200;
const MOST_TURNS = 20;

process.on('SIGUSR2', async () => {
  const session = new Session();
  session.connect();
  let before = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    await session.post('HeapProfiler.collectGarbage');
    await passed(TURN_MS);
    const now = process.memoryUsage.rss();
    if (now > before * 0.99) break;
    before = now;
  }
  session.disconnect();
  console.log(JSON.stringify({ msg: 'collected' }));
});
