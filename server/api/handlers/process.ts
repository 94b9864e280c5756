import type { processRoutes } from '../../../protocol/http/index.ts';
import type { Handlers } from '../row.ts';

export interface ProcessOptions {
  /** False while starting, draining, or when the log cannot be written. */
  ready(): boolean;
  metrics(): Promise<string>;
}

/** What is asked of the process itself. */
export function createProcessHandlers({ ready, metrics }: ProcessOptions): Handlers<typeof processRoutes> {
  return {
    health: () => ({ status: 200, json: { ok: true } }),
    ready: () => (ready() ? { status: 200, json: { ok: true } } : { status: 503, json: { ok: false } }),
    metrics: async () => ({
      http: {
        status: 200,
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
        body: await metrics(),
      },
    }),
  };
}
