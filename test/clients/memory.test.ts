import { spawn } from 'node:child_process';
import t from 'tap';
import { built } from '../support/program.ts';

t.setTimeout(550_000);

interface Held {
  readonly [kind: string]: number;
}

/** In a process of its own, where nothing else is alive. */
async function longLife() {
  const child = spawn(process.execPath, ['--expose-gc', built('test/clients/long-life.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' },
  });
  let output = '';
  for await (const chunk of child.stdout) output += chunk;
  return JSON.parse(output) as { measured: [Held, Held]; heard: Held; [name: string]: unknown };
}

t.test('a client that listens for an hour holds no more at its end than after ten minutes', async (t) => {
  const { measured, heard, ...room } = await longLife();
  t.match(room, { status: 'joined', pending: 0, cameras: 3 });
  t.equal(room.version, room.at, 'it has kept up');
  t.match(heard, { messages: 3600, events: 3600 });
  t.ok((heard.changes ?? 0) > 36_000);
  const [before, after] = measured;
  t.comment(JSON.stringify(measured));
  for (const kind of ['objects', 'maps', 'sets', 'arrays', 'promises', 'functions']) {
    const growth = (after[kind] ?? 0) - (before[kind] ?? 0);
    t.ok(growth < 150, `${growth} more ${kind}`);
  }
  const bytes = (after.heapBytes ?? 0) - (before.heapBytes ?? 0);
  t.ok(bytes < 1024 * 1024, `${bytes} more bytes`);
});
