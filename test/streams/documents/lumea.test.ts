import t from 'tap';
import { durable, tokenOf } from '../../socket-io/stage.ts';
import { add, EventSource, onBoth, SCENE, update } from '../stage.ts';

onBoth(t, '[ES1] the snippet of the document: state, deltas and heartbeats', async (t, start) => {
  const at = await start({ AUTH: 'required', HEARTBEAT_MS: '1000' });
  const token = await tokenOf('ada');
  const eventSource = new EventSource(
    at.url('/projects/project-123/scenes/scene-456/events?clientId=client-abc'),
    { headers: { Authorization: `Bearer ${token}` } },
  );
  t.teardown(() => eventSource.close());
  // biome-ignore lint/suspicious/noExplicitAny: as the document has it
  const once = (name: string): Promise<any> =>
    new Promise((resolve) => eventSource.addEventListener(name, ({ data }) => resolve(JSON.parse(data))));
  const [connected, state, delta, heartbeat] = ['connected', 'sceneState', 'sceneDelta', 'heartbeat'].map(
    once,
  );
  t.match(await connected, { connectionId: String, userId: 'ada' });
  t.match(await state, {
    projectId: 'project-123',
    sceneId: 'scene-456',
    version: 0,
    manifest: { properties: {}, items: {} },
  });
  const added = {
    type: 'add',
    target: 'item',
    data: { id: 'new-item-123', categoryKey: 'chairs', model: 'office_chair_01' },
  };
  const answer = await fetch(at.url('/projects/project-123/scenes/scene-456/operations'), {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ clientId: 'client-abc', operation: added }),
  });
  t.match(await answer.json(), { ok: true, version: 1 });
  t.match(await delta, { delta: { fromVersion: 0, toVersion: 1, operations: [added] } });
  await at.pass(1000, 100);
  t.match(await heartbeat, { timestamp: Number });
});

onBoth(
  t,
  '[ES2] after a restart of the server nothing is missing and nothing comes twice',
  async (t, start) => {
    const at = await start(await durable(t));
    const token = await tokenOf('ada');
    const source = new EventSource(at.url(`${SCENE}/events?clientId=a`), {
      headers: { Authorization: `Bearer ${token}` },
    });
    t.teardown(() => source.close());
    const states: number[] = [];
    const deltas: { fromVersion: number; toVersion: number; operations: { id: string }[] }[] = [];
    let wake = () => {};
    source.addEventListener('sceneState', ({ data }) => {
      states.push(JSON.parse(data).version);
      wake();
    });
    source.addEventListener('sceneDelta', ({ data }) => {
      deltas.push(JSON.parse(data).delta);
      wake();
    });
    const until = async (found: () => boolean) => {
      while (!found()) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    };
    const write = async (operation: object) => {
      const { status } = await at.post(`${SCENE}/operations`, { clientId: 'b', operation }, { as: 'ben' });
      if (status !== 200) throw new Error(`refused: ${status}`);
    };
    await until(() => states.length === 1);
    await write(add('one'));
    await until(() => deltas.at(-1)?.toVersion === 1);
    for (let restart = 0; restart < 2; restart++) {
      await at.restart();
      // Before it comes back, as it happens, or after.
      await write(add(`missed-${restart}`));
      await write(update('one', { restart }));
      await until(() => deltas.at(-1)?.toVersion === 3 + 2 * restart);
    }
    t.same(states, [0], 'the whole state comes once');
    let version = 0;
    for (const { fromVersion, toVersion } of deltas) {
      t.equal(fromVersion, version);
      version = toVersion;
    }
    t.same(
      deltas.flatMap(({ operations }) => operations.map(({ id }) => id)),
      ['one', 'missed-0', 'one', 'missed-1', 'one'],
    );
  },
);
