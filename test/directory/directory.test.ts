import t, { type Test } from 'tap';
import { openDirectory } from '../../server/directory/directory.ts';
import type { Project } from '../../server/directory/project.ts';
import { openLmdbLog } from '../../server/log/lmdb.ts';
import type { Log } from '../../server/log/log.ts';
import { createMemoryLog } from '../../server/log/memory.ts';

const active: Project = { ownerId: 'ada', members: ['ben'], active: true };

/** A directory that is closed and opened again; on lmdb with another process's view of the same files. */
function reopening(t: Test, kind: string) {
  const memory = createMemoryLog();
  const path = t.testdir();
  return async (snapshotEntries = 1000) => {
    const log = kind === 'memory' ? memory : await openLmdbLog({ directory: path });
    const changed: string[] = [];
    const directory = await openDirectory({ log, snapshotEntries, onChanged: (id) => void changed.push(id) });
    return {
      ...directory,
      changed,
      log,
      async close() {
        await directory.close();
        if (kind !== 'memory') await log.close();
      },
    };
  };
}

for (const kind of ['memory', 'lmdb']) {
  t.test(`what was put is there, and after a restart, too (${kind})`, async (t) => {
    const open = reopening(t, kind);
    const first = await open();
    t.same(first.list(), []);
    await Promise.all([first.put('p1', active), first.put('p2', active), first.put('p3', active)]);
    await first.put('p2', { ...active, active: false });
    await first.delete('p3');
    await first.delete('never there');
    const all = [
      { id: 'p1', ...active },
      { id: 'p2', ...active, active: false },
    ];
    t.same(first.list(), all);
    t.same(first.changed, ['p1', 'p2', 'p3', 'p2', 'p3', 'never there']);
    await first.close();
    const second = await open();
    t.same(second.list(), all);
    t.same(second.get('p1'), active);
    t.equal(second.get('p3'), undefined);
    t.same(second.changed, [], 'what is loaded is no change');
    await second.close();
  });

  t.test(`its log stays short (${kind})`, async (t) => {
    const open = reopening(t, kind);
    const first = await open(5);
    for (let at = 0; at < 23; at++) await first.put(`p${at % 7}`, { ...active, ownerId: `owner ${at}` });
    await first.delete('p0');
    const before = first.list();
    await first.close();
    const second = await open(5);
    t.same(second.list(), before);
    await second.close();
    const log: Log = kind === 'memory' ? second.log : await openLmdbLog({ directory: t.testdirName });
    const { snapshot, tail } = await log.open('\u0001projects', () => {});
    t.ok(tail.length < 7, `${tail.length} entries`);
    t.equal((snapshot?.offset ?? 0) + tail.length, 24);
    await log.close();
  });
}

t.test('nothing holds that the log has refused', async (t) => {
  const log = createMemoryLog();
  const directory = await openDirectory({ log, snapshotEntries: 1000, onChanged: () => {} });
  await log.close();
  await t.rejects(directory.put('p1', active), { code: 'LOG_UNAVAILABLE' });
  t.equal(directory.get('p1'), undefined);
});

t.test('what is no project is refused, and says what is wrong', async (t) => {
  const log = createMemoryLog();
  const directory = await openDirectory({ log, snapshotEntries: 1000, onChanged: () => {} });
  const cases: [id: unknown, project: unknown, path: string][] = [
    ['', active, 'id'],
    ['a:b', active, 'id'],
    [7, active, 'id'],
    ['p', undefined, ''],
    ['p', { ...active, ownerId: '' }, 'ownerId'],
    ['p', { ...active, members: 'ben' }, 'members'],
    ['p', { ...active, members: ['ben', ''] }, 'members'],
    ['p', { ...active, active: 'yes' }, 'active'],
  ];
  for (const [id, project, path] of cases) {
    const refusal = { code: 'INVALID_FIELD', details: { path } };
    await t.rejects(directory.put(id as string, project as Project), refusal);
  }
  await t.rejects(directory.delete('a:b'), { code: 'INVALID_FIELD' });
  t.same(directory.list(), []);
});

t.test('what the program changes afterwards changes nothing', async (t) => {
  const log = createMemoryLog();
  const directory = await openDirectory({ log, snapshotEntries: 1000, onChanged: () => {} });
  const mine = { ownerId: 'ada', members: ['ben'], active: true };
  await directory.put('p', mine);
  mine.members.push('eve');
  const kept = directory.get('p') as Project;
  t.same(kept.members, ['ben']);
  t.throws(() => (kept.members as string[]).push('eve'), TypeError);
});

t.test('what cannot be understood is refused, and its log is released', async (t) => {
  const log = createMemoryLog();
  const entries = ['{"type":"rename"}', 'nonsense', '{"type":"put","id":"p","project":{}}'];
  for (const entry of entries) {
    const room = await log.open('\u0001projects', () => {});
    await room.append([entry]);
    await room.close();
    const opening = openDirectory({ log, snapshotEntries: 1000, onChanged: () => {} });
    await t.rejects(opening, { code: 'LOG_CORRUPT', message: /projects" cannot be read/ });
    await (await log.open('\u0001projects', () => {})).drop();
  }
  const room = await log.open('\u0001projects', () => {});
  await room.append(['{"type":"delete","id":"p"}']);
  await room.compact({ offset: 1, state: '{"format":2,"projects":[]}' }, 1);
  await room.close();
  const opening = openDirectory({ log, snapshotEntries: 1000, onChanged: () => {} });
  await t.rejects(opening, { code: 'LOG_CORRUPT', message: /format 2/ });
});
