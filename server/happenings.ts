import type { Parts } from './assembly/parts.ts';
import type { RoomView } from './dialect/events.ts';
import { openDurableMap } from './log/durable-map.ts';
import { takeOver } from './log/take-over.ts';
import { openFailed } from './open-failed.ts';
import { type Effects, type Happening, happeningsOf } from './outbound/happening.ts';
import { createPost } from './outbound/post.ts';
import { WEBHOOKS, Webhooks } from './outbound/webhooks.ts';

export interface HappeningsOptions extends Parts {
  nodeId: string;
  random: () => number;
  /** The embedding program's. */
  listener: ((happening: Happening) => void) | undefined;
}

export interface Happenings {
  /** Undefined where nobody wants to know: nothing is done then. */
  readonly onEffects: ((view: RoomView, effects: Effects) => void) | undefined;
  /**
   * A node died: what it had still to tell is told by this one, also where the log cannot be read now. False: closed
   * before the end, or it tells nobody. Rejects with a LogError in that case alone.
   */
  adopt(node: string): Promise<boolean>;
  /** Tells what can be told at once; the rest is told after the next start. */
  close(): Promise<void>;
}

/** Those who are told what happens in rooms: the embedding program, and the application over HTTP. */
export async function openHappenings(options: HappeningsOptions): Promise<Happenings> {
  const { clock, log, logger, listener } = options;
  const webhooks = await openWebhooks(options);
  /** What the program does wrong, then or later, is its own fault. */
  async function guarded(happening: Happening): Promise<void> {
    try {
      await listener?.(happening);
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
  let closed = false;

  async function adopt(node: string): Promise<boolean> {
    // Of a node with other settings: for one that has them, too.
    if (webhooks === undefined) return (await log.head(queueOf(options, node))) === undefined;
    return takeOver<Happening>({
      log,
      clock,
      name: queueOf(options, node),
      take: (id, happening) => webhooks.adopt(id, happening),
      isClosed: () => closed,
      onFailed: (error) => logger.error({ err: error, node }, 'what a node had still to tell cannot be told'),
    });
  }

  return {
    onEffects: listener === undefined && webhooks === undefined ? undefined : onEffects,
    adopt,
    async close() {
      closed = true;
      await webhooks?.close();
    },
  };
}

/** Nodes that share a store have each their own: a happening is told by the node that has written it. */
function queueOf({ log }: HappeningsOptions, node: string): string {
  return log.isShared ? `${WEBHOOKS} ${node}` : WEBHOOKS;
}

async function openWebhooks(options: HappeningsOptions): Promise<Webhooks | undefined> {
  const { config, clock, log, logger, metrics, newId, nodeId, random } = options;
  if (config.webhooks === undefined) return undefined;
  const { address, ...rest } = config.webhooks;
  return new Webhooks({
    ...rest,
    post: createPost(address, clock),
    clock,
    newId,
    random,
    kept: await openDurableMap<Happening>(log, queueOf(options, nodeId), {
      onOpenFailed: openFailed(logger),
    }),
    onOutcome: (outcome) => metrics.webhooks.labels(outcome).inc(),
    onBytes: (bytes) => metrics.webhookBytes.set(bytes),
    onFailed: (error) => logger.error({ err: error }, 'a webhook was not accepted; it is tried again'),
  });
}
