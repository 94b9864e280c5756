import type { RoomView } from './dialect/events.ts';
import { openDurableMap } from './log/durable-map.ts';
import { type Effects, type Happening, happeningsOf } from './outbound/happening.ts';
import { createPost } from './outbound/post.ts';
import { WEBHOOKS, Webhooks } from './outbound/webhooks.ts';
import type { Parts } from './parts.ts';

export interface HappeningsOptions extends Parts {
  random: () => number;
  /** The embedding program's. */
  listener: ((happening: Happening) => void) | undefined;
}

export interface Happenings {
  /** Undefined where nobody wants to know: nothing is done then. */
  readonly onEffects: ((view: RoomView, effects: Effects) => void) | undefined;
  /** Tells what can be told at once; the rest is told after the next start. */
  close(): Promise<void>;
}

/** Those who are told what happens in rooms: the embedding program, and the application over HTTP. */
export async function openHappenings(options: HappeningsOptions): Promise<Happenings> {
  const { clock, logger, listener } = options;
  const webhooks = await openWebhooks(options);
  function guarded(happening: Happening): void {
    try {
      listener?.(happening);
    } catch (error) {
      logger.error({ err: error, roomId: happening.roomId }, 'a listener failed');
    }
  }
  const onEffects = (view: RoomView, effects: Effects) => {
    for (const happening of happeningsOf(view, effects, clock.now())) {
      guarded(happening);
      webhooks?.add(happening);
    }
  };
  return {
    onEffects: listener === undefined && webhooks === undefined ? undefined : onEffects,
    close: async () => webhooks?.close(),
  };
}

async function openWebhooks(options: HappeningsOptions): Promise<Webhooks | undefined> {
  const { config, clock, log, logger, metrics, newId, random } = options;
  if (config.webhooks === undefined) return undefined;
  const { address, ...rest } = config.webhooks;
  return new Webhooks({
    ...rest,
    post: createPost(address, clock),
    clock,
    newId,
    random,
    kept: await openDurableMap<Happening>(log, WEBHOOKS),
    onOutcome: (outcome) => metrics.webhooks.labels(outcome).inc(),
    onBytes: (bytes) => metrics.webhookBytes.set(bytes),
    onFailed: (error) => logger.error({ err: error }, 'a webhook was not accepted; it is tried again'),
  });
}
