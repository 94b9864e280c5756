import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Nodes } from '../log/nodes.ts';
import type { Metrics } from '../metrics.ts';
import { createPeers, type OpenPeers } from '../peers/create-peers.ts';

/** What waits for Redis waits so long, where a program brings a store of its own. */
const TIMEOUT_MS = 5000;

/** The other nodes, as the settings say; undefined: the store is this process's own. */
export function openPeers(options: {
  config: Config;
  clock: Clock;
  nodeId: string;
  nodes: Nodes;
  metrics: Metrics;
}): OpenPeers | undefined {
  const { config, clock, nodeId, nodes, metrics } = options;
  if (nodes.mail === undefined) return undefined;
  const { MAX_PASSED_REQUESTS: maxQuestions, MAX_PASSED_BYTES: maxBytes } = config.limits;
  const timeoutMs = config.redis?.timeoutMs ?? TIMEOUT_MS;
  return createPeers({
    ...{ nodeId, mail: nodes.mail, clock, timeoutMs, maxQuestions, maxBytes },
    onEnded: (subject, outcome) => metrics.nodeQuestions.labels(subject, outcome).inc(),
  });
}
