import { parentPort } from 'node:worker_threads';
import { Crew } from './crew.ts';

/** A call of a crew's method from another thread. */
export interface Call {
  id: number;
  method: Exclude<keyof Crew, symbol>;
  args: unknown[];
}

export type Answer = { id: number } & ({ value: unknown } | { error: string });

const crew = new Crew();

parentPort?.on('message', async ({ id, method, args }: Call) => {
  try {
    const value = await (crew[method] as (...args: unknown[]) => unknown)(...args);
    parentPort?.postMessage({ id, value } satisfies Answer);
  } catch (error) {
    parentPort?.postMessage({ id, error: String(error) } satisfies Answer);
  }
});
