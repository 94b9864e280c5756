import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';

/** A process that the bench has started, with a directory of its own: both are gone when the bench is. */
export interface Owned {
  readonly pid: number;
  /** Rejects when the process ends, or cannot be started. */
  readonly ended: Promise<never>;
  end(): Promise<void>;
}

const removals = new Set<() => void>();
process.once('exit', () => {
  for (const remove of removals) remove();
});

/** @param name who it is, for whoever reads of its end */
export function owned(name: string, child: ChildProcess, directory: string): Owned {
  const ended = once(child, 'exit').then(
    ([code, signal]) => {
      throw new Error(`${name} ended with ${code ?? signal}`);
    },
    ({ message }) => {
      throw new Error(`${name} could not be started: ${message}`);
    },
  );
  ended.catch(() => {});
  const remove = () => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  removals.add(remove);
  return {
    pid: child.pid ?? 0,
    ended,
    async end() {
      child.kill('SIGKILL');
      await ended.catch(() => {});
      remove();
      removals.delete(remove);
    },
  };
}
