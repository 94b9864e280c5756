import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';
import { built } from '../support/program.ts';

export interface LogProcess {
  readonly child: ChildProcess;
  /** Sends a line, if any, and resolves with the next line of the answers. */
  ask(line?: string): Promise<Record<string, unknown>>;
  /** What it wrote to its standard error so far. */
  errors(): string;
  /** SIGKILL, and the wait for its end. */
  kill(): Promise<void>;
}

/**
 * Starts `lmdb-child.ts` on a directory; it ends with the test.
 *
 * @param fileLimitKiB - How large a file it may write, standing in for a full disk.
 * @param under - What runs it, with the command line following.
 */
export function startLogProcess(
  t: Test,
  directory: string,
  fileLimitKiB?: number,
  under: readonly string[] = [],
): LogProcess {
  const program = [...under, process.execPath, built('test/log/lmdb-child.ts'), directory];
  // The signal that comes with the limit is ignored, so that writing fails as it does on a full disk. What
  // the test runner adds to NODE_OPTIONS writes files of its own, and would fail first.
  const limited = [
    'bash',
    '-c',
    `trap '' XFSZ; unset NODE_OPTIONS; ulimit -S -f ${fileLimitKiB}; exec "$@"`,
    'bash',
    ...program,
  ];
  const [command = '', ...args] = fileLimitKiB === undefined ? program : limited;
  const child = spawn(command, args);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let errors = '';
  child.stderr.on('data', (text: Buffer) => {
    errors += text;
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  t.teardown(kill);
  return {
    child,
    async ask(line) {
      if (line !== undefined) child.stdin.write(`${line}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error(`the process ended: ${errors}`);
      return JSON.parse(value);
    },
    errors: () => errors,
    kill,
  };
}
