import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Log } from '../log/log.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';

/** What most parts of a server are made with. */
export interface Parts {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly logger: Logger;
  readonly metrics: Metrics;
  newId(): string;
}
