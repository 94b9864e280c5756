/**
 * The command line that runs a program as itself: the test runner puts options into the environment of every
 * process that a test starts, with which a program starts slower and writes files of its own.
 *
 * @param ignoreFileLimit - The signal that comes with a limit on files is ignored, so that writing fails as it
 *   does on a full disk.
 */
export function plain(
  program: readonly string[],
  ignoreFileLimit = false,
): readonly [command: string, ...args: string[]] {
  const trap = ignoreFileLimit ? "trap '' XFSZ; " : '';
  // Without its own files: bash takes a pipe of Node for a remote login.
  return ['bash', '--norc', '-c', `${trap}unset NODE_OPTIONS; exec "$@"`, 'bash', ...program];
}
