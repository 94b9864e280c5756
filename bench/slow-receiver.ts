/*
 * How much do others notice of one who does not read? The same busy room, in turns with and without a
 * receiver that has stopped reading; printed are the p99 of the others' latency in both, and their ratio.
 *
 *   npm run bench:slow [-- --rounds 10]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BusyRoom, openBusyRoom, PLANET, ROOM } from '../test/e2e/busy-room.ts';
import { startChildServer, unlimited } from '../test/e2e/child-server.ts';
import { ms, quantile } from '../test/e2e/figures.ts';
import { ModelClient } from '../test/e2e/model-client.ts';

const WINDOW_MS = 4000;
/** Time for one who reads again to be level, and for a new stall to fill what lies between. */
const SETTLING_MS = 2500;
const SLOW = 2;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '10' } } });
const ends: (() => unknown)[] = [];
const teardown = (end: () => unknown) => void ends.push(end);
const directory = mkdtempSync(join(tmpdir(), 'tandem-bench-'));
try {
  const server = await startChildServer({ teardown } as never, {
    env: { ...unlimited, DATA_DIR: directory, MAX_ROOM_USERS: '50', DRAIN_TIMEOUT_MS: '600000' },
  });
  const port = () => server.port;
  const busy = await openBusyRoom(port, { senders: 8, camerasPerSecond: 30 });
  teardown(() => busy.stop());
  const slow = Array.from(
    { length: SLOW },
    (_, index) => new ModelClient({ port, userId: `slow${index}`, rooms: [ROOM], batch: index % 2 === 0 }),
  );
  for (const one of slow) {
    await one.until(() => one.joined, 'joined');
    one.send({ type: 'join_viewer', roomId: ROOM, planetId: PLANET });
  }
  busy.paint(true);
  const ratios = { operations: [] as number[], cameras: [] as number[] };
  for (let round = 1; round <= Number(values.rounds); round++) {
    // In turns first and second, so that what a machine does beside falls on both.
    const first = round % 2 === 0;
    const windows = [await measured(busy, slow, first), await measured(busy, slow, !first)];
    const [calm, stalled] = first ? windows.reverse() : windows;
    const lagging = await server.metric('tandem_lagged_total');
    for (const kind of ['operations', 'cameras'] as const) {
      const before = quantile(calm?.[kind] ?? [], 0.99);
      const during = quantile(stalled?.[kind] ?? [], 0.99);
      ratios[kind].push(during / before);
      console.log(
        `${round} ${kind.padEnd(10)} p99 ${ms(before)} calm, ${ms(during)} with ${SLOW} stalled, ` +
          `ratio ${(during / before).toFixed(2)}; lagged ${lagging} times`,
      );
    }
  }
  for (const [kind, all] of Object.entries(ratios)) {
    console.log(
      `${kind}: median ratio ${quantile(all, 0.5).toFixed(2)} ` +
        `(${quantile(all, 0.25).toFixed(2)} to ${quantile(all, 0.75).toFixed(2)} in the middle half)`,
    );
  }
  for (const one of [...slow, ...busy.senders, ...busy.aside]) one.end();
} finally {
  for (const end of ends.reverse()) await end();
  rmSync(directory, { recursive: true });
}

async function measured(busy: BusyRoom, slow: ModelClient[], stalled: boolean) {
  for (const { socket } of slow) {
    if (stalled) socket?.pause();
    else socket?.resume();
  }
  await passed(SETTLING_MS);
  busy.takeLatencies();
  await passed(WINDOW_MS);
  return busy.takeLatencies();
}

function passed(forMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forMs));
}
