import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { plain } from '../e2e/plain-process.ts';
import { built, source } from '../support/program.ts';

t.setTimeout(60_000);

const COMMIT = ['-c', 'user.name=ada', '-c', 'user.email=ada@example.com', 'commit', '--quiet', '-m', 'all'];

/** A project that has published results, with all committed. */
function project(t: Test) {
  const directory = t.testdir({
    bench: { 'main.ts': '', 'RESULTS.md': 'published', charts: { 'cameras-1.svg': 'published' } },
    server: { 'main.ts': '' },
    'package-lock.json': '{}',
    bin: {},
    node_modules: t.fixture('symlink', source('node_modules')),
  });
  // Nothing of a git that runs these tests: by its variables it would be asked about its own repository.
  const env = { PATH: process.env.PATH };
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', directory, ...args], { encoding: 'utf8', env });
  git('init', '--quiet');
  git('add', '.');
  git(...COMMIT);
  return {
    commit: git('rev-parse', '--short', 'HEAD').trim(),
    read: (path: string) => readFileSync(join(directory, path), 'utf8'),
    write: (path: string, text: string) => writeFileSync(join(directory, path), text),
    /** Whoever asks git twice hears of another commit. */
    goOn: () => {
      const command = join(directory, 'bin/git');
      const next = `git ${COMMIT.join(' ')} --allow-empty`;
      writeFileSync(command, `#!/bin/sh\nPATH="\${PATH#*:}"\ngit "$@"\ntest "$1" != rev-parse || ${next}\n`);
      chmodSync(command, 0o755);
    },
    has: (path: string) => existsSync(join(directory, path)),
    /** Runs the bench there, and resolves with what it prints: no server starts, as it has no place to store in. */
    bench: (...args: string[]) => {
      const [command, ...rest] = plain([process.execPath, built('bench/main.ts'), ...args]);
      const env = {
        PATH: `${join(directory, 'bin')}:${process.env.PATH}`,
        TMPDIR: join(directory, 'nowhere'),
      };
      return new Promise<string>((resolve) => {
        execFile(command, rest, { cwd: directory, env }, (_, stdout) => resolve(stdout));
      });
    },
  };
}

t.test('the results are those of all workloads, and say of which commit they began', async (t) => {
  const { bench, commit, read, has, goOn } = project(t);
  goOn();
  await bench();
  t.match(read('bench/RESULTS.md'), `- commit: ${commit}\n`);
  t.match(read('bench/RESULTS.md'), /## Cameras\n.*## Editing\n.*## Arrivals\n.*## Idle\n.*## Big scene\n/s);
  t.ok(has('bench/charts/idle-1.svg'));
});

t.test('a run of some workloads leaves them as they are', async (t) => {
  const { bench, read } = project(t);
  t.match(await bench('--only', 'idle'), /Idle connections/);
  t.same([read('bench/RESULTS.md'), read('bench/charts/cameras-1.svg')], ['published', 'published']);
});

t.test('a commit is that which was measured: what was changed since is told', async (t) => {
  const said = async (bench: (...args: string[]) => Promise<string>) =>
    JSON.parse(await bench('--json', '--only', 'idle')).commit as string;
  for (const path of ['server/main.ts', 'bench/main.ts', 'package-lock.json']) {
    const { bench, commit, write } = project(t);
    write(path, 'changed');
    t.equal(await said(bench), `${commit}, with changes`, path);
  }
  const { bench, commit, write } = project(t);
  write('bench/RESULTS.md', 'of the run before');
  write('bench/charts/cameras-1.svg', 'of the run before');
  t.equal(await said(bench), commit, 'not its results');
});
