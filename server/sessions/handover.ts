import { type Clock, passed } from '../clock.ts';
import type { Session } from '../dispatch/session.ts';
import type { Sessions } from './sessions.ts';

export interface HandoverOptions {
  readonly clock: Clock;
  /** A third for balancers to notice, a third to send everybody away, a third for them to come back elsewhere. */
  readonly handoverMs: number;
  readonly tickMs: number;
  readonly sessions: Sessions;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** How many nodes are there that stay. */
  others(): number;
  /** Resolves when what was accepted is durable. */
  settled(): Promise<void>;
  stopListening(): void;
}

/** Some are sent away each time: nobody waits long, and those who take them in never get a crowd. */
const STEP_MS = 50;
const RETURN_SPREAD_MS = 500;

/**
 * Gives the connections of this node to others that share its store, while `/ready` says no and everything else
 * goes on: they are sent away little by little, those first that came first, and keep their places, which pass to
 * their new connections. Resolves when all have come back, the time is over, or no other is there any more.
 */
export async function handOver(options: HandoverOptions): Promise<void> {
  const { clock, handoverMs, sessions, others } = options;
  const partMs = handoverMs / 3;
  const waitWhile = async (holds: () => boolean) => {
    const end = clock.monotonic() + partMs;
    while (others() > 0 && holds() && clock.monotonic() < end) await passed(clock, STEP_MS);
  };
  if (here(sessions).length === 0) return;
  await waitWhile(() => true);
  // Balancers that ask nobody notice by this, and nobody comes back here.
  options.stopListening();
  const end = clock.monotonic() + partMs;
  for (let leftMs = partMs; leftMs > STEP_MS && others() > 0; leftMs = end - clock.monotonic()) {
    const all = here(sessions);
    await sendAway(all.slice(0, Math.ceil((all.length * STEP_MS) / leftMs)), options);
    await passed(clock, STEP_MS);
  }
  // Who is here still is sent away as by any node that is alone.
  if (others() > 0) await sendAway(here(sessions), options);
  await waitWhile(() => isAwaited(sessions));
}

/** What they say from now on they say again elsewhere; what they said before is answered first. */
async function sendAway(
  some: readonly Session[],
  { clock, sessions, settled, tickMs, random }: HandoverOptions,
): Promise<void> {
  if (some.length === 0) return;
  for (const session of some) session.isDeparting = true;
  await settled();
  // Some answers wait for the end of the tick.
  await passed(clock, tickMs);
  for (const { receiver } of some) {
    const retryAfterMs = Math.round(random() * RETURN_SPREAD_MS);
    sessions.closeConnection(receiver.connection, 'SHUTDOWN', { retryAfterMs });
  }
}

function here(sessions: Sessions): Session[] {
  return [...sessions.all()].filter(
    ({ phase, isDeparting }) => !isDeparting && (phase.kind === 'arriving' || phase.kind === 'open'),
  );
}

/** Whether somebody who was sent away has a place here still. */
function isAwaited(sessions: Sessions): boolean {
  for (const { phase, isDeparting, memberships } of sessions.all())
    if (isDeparting && phase.kind === 'lost' && memberships.size > 0) return true;
  return false;
}
