import { type Clock, passed } from '../clock.ts';
import type { Mail } from '../log/nodes.ts';

export interface DeliveryParts {
  readonly mail: Mail;
  readonly clock: Clock;
}

export interface Bounds {
  /** While the store cannot be reached, it is tried for so long. */
  readonly withinMs: number;
  /** While nobody listens at a node that is known to live: it may be on its way back. */
  readonly unheardMs: number;
  /** Whether it does no harm to arrive twice. */
  readonly isRepeatable: boolean;
  /** Whether it need not arrive any more. */
  isOver(): boolean;
}

const AGAIN_MS = 50;

/**
 * Sends until it is heard. `gone`: the node is not known to live; `away`: it could not be done in time; `unsure`:
 * whether it was heard is not known.
 */
export async function deliver(
  { mail, clock }: DeliveryParts,
  to: string,
  message: Uint8Array,
  { withinMs, unheardMs, isRepeatable, isOver }: Bounds,
): Promise<'heard' | 'gone' | 'away' | 'unsure'> {
  const begun = clock.monotonic();
  let unheardSince: number | undefined;
  for (;;) {
    const delivery = await mail.send(to, message);
    if (delivery === 'heard') return 'heard';
    const now = clock.monotonic();
    if (delivery === 'unheard') {
      if (!mail.others().has(to)) return 'gone';
      unheardSince ??= now;
    }
    const isPatient =
      delivery === 'unheard' ? now - (unheardSince ?? now) < unheardMs : now - begun < withinMs;
    if (delivery === 'unsure' && !isRepeatable) return 'unsure';
    if (!isPatient || isOver()) return 'away';
    await passed(clock, AGAIN_MS);
  }
}
