import { execFile, execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { plain } from '../e2e/plain-process.ts';
import { tokenOf } from '../socket-io/stage.ts';
import { source } from '../support/program.ts';
import { startServer } from '../support/servers.ts';

t.setTimeout(550_000);

const directory = source('clients/examples');
const PYTHON = '/usr/bin/python3';

/** What each prints. */
const printed: Record<string, string[]> = {
  'native.ts': [
    'Ada sees Ben.',
    'Ben sees mars, red.',
    'Ben may not paint mars: CONFLICT, ada holds the lock.',
    'Ben paints mars blue.',
    'Ben takes that back, and mars is red.',
    'Ben sees the camera of ada at [0,2,5].',
    'They write at once: Tonight: Mars needs water!',
    'Both have left.',
  ],
  'scenes.ts': [
    'Ada is in the scene: 1 there, 0 items, version 0.',
    'Ada hears that ben has come.',
    'Ben is in the scene: 2 there, 0 items, version 0.',
    'Ada at version 1: add chair {"id":"chair","model":"office_chair_01"}',
    'Ben at version 1: add chair {"id":"chair","model":"office_chair_01"}',
    'The stream begins with version 1.',
    'Ada at version 2: update chair {"position_x":10.5}',
    'Ben at version 2: update chair {"position_x":10.5}',
    'The stream goes on to version 2.',
    'Ada asks whether she has missed something: current.',
    'Ben hears that ada has gone.',
  ],
  'rooms.ts': [
    'Ben finds ADA and BEN in the room.',
    'Ada hears that BEN has joined.',
    'Ben sees that ADA is typing.',
    'ADA says, as a comment: Updated the <b>security</b> section',
    'It is stored, and has an id: true.',
    'BEN does: add security.',
    'ADA points at 150, 300.',
    'Where Ben is not, he is not heard: NOT_JOINED.',
    'Ada hears that BEN has left.',
  ],
  'components.ts': [
    'Ada hears that ben has subscribed.',
    'ada sets the title “Our page”, at a time that the server says: true.',
    'ben puts an image into row-1.',
    'ben puts an image into row-1.',
    'Ben shows /dog.png instead.',
    'Ben sees ada typing.',
    'ben takes the image away.',
    'Ada hears that ben has gone.',
  ],
  'projects.ts': [
    'Nobody knows the project yet: PROJECT_NOT_FOUND.',
    'The backend makes p1, which belongs to Ada.',
    'Ada may watch it: true.',
    'Ben may not: UNAUTHORIZED.',
    'Ben may when he is a member: true.',
    'Watching: ada and ben.',
    'A session of user-456 has begun.',
    'A session of user-456 has begun.',
    'Ada sees it live: keydown a.',
    'Ben sees that it was submitted: true.',
    'The project is closed: PROJECT_INACTIVE.',
  ],
  'rooms.py': [
    'Ben finds 2 people in the room.',
    'Ada hears that ben has joined.',
    'ada says: Hello from Python',
    'It is stored, and has an id: True.',
    'ben does: update security.',
    'Where Ben is not, he is not heard: NOT_JOINED.',
    'Ada hears that ben has left.',
  ],
};

/** Why an example cannot run here; undefined: it can. */
function missing(file: string): string | undefined {
  if (!file.endsWith('.py')) return undefined;
  try {
    execFileSync(PYTHON, ['-c', 'import socketio, websocket'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return `${PYTHON} has no socketio: install python3-socketio and python3-websocket`;
  }
}

t.test('every example is tested', async (t) => {
  t.same(readdirSync(directory).sort(), Object.keys(printed).sort());
});

for (const [file, lines] of Object.entries(printed)) {
  const reason = missing(file);
  if (reason !== undefined && process.env.CI !== undefined) {
    t.fail(reason);
    continue;
  }
  t.test(`the example ${file} runs, shows what it says, and ends`, { skip: reason ?? false }, async (t) => {
    const server = await startServer();
    t.teardown(() => server.close());
    const url = `http://127.0.0.1:${server.port}`;
    const tokens = [tokenOf('ada'), tokenOf('ben')];
    if (file === 'projects.ts') tokens.push(tokenOf('backend', { scope: 'publish' }));
    const [, ...args] = plain([
      ...(file.endsWith('.py') ? [PYTHON] : [process.execPath, '--import=tsx']),
      join(directory, file),
      ...(file === 'native.ts' ? [`${url.replace('http', 'ws')}/ws`] : [url, ...(await Promise.all(tokens))]),
    ]);
    const { stdout, stderr } = await promisify(execFile)('bash', args, { timeout: 100_000 });
    t.same(stdout.trim().split('\n').sort(), [...lines].sort());
    t.equal(stderr, '');
  });
}
