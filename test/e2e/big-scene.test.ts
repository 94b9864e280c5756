import t from 'tap';
import { WebSocket } from 'ws';
import { connect, type TestClient } from '../support/client.ts';
import { built } from '../support/program.ts';
import type { Message } from '../support/wire.ts';
import { startChildServer, unlimited } from './child-server.ts';
import { ms, quantile } from './figures.ts';

const ROOM = 'city';
const ITEMS = 10_000;
const JOINS = 500;
const EDITS_PER_SECOND = 40;
const OPERATIONS_PER_COMMAND = 100;

t.setTimeout(550_000);

const options = (transport: string) => ({
  env: { ...unlimited, MAX_ROOM_USERS: '600', STORE: 'memory', TRANSPORT: transport },
  command: [built('test/e2e/counting-server.ts')],
});

/** One who joins: keeps no scene, as five hundred of them would take what a small machine has. */
interface Joiner {
  readonly socket: WebSocket;
  state: { text: string; version: number } | undefined;
  /** Versions from and to, as they came after the state. */
  readonly deltas: [from: number, to: number][];
  /** The edits that it was shown, in the state or in a delta. */
  last: number;
  joinedAt: number;
}

for (const transport of ['uws', 'ws']) {
  t.test(`${JOINS} join a scene of ${ITEMS} items at once, on ${transport}`, async (t) => {
    const server = await startChildServer(t, options(transport));
    const author = await connect(server.port);
    await build(author);
    const states = new Map<string, Message>();

    let edits = 0;
    const answers: Promise<Message>[] = [];
    const editing = setInterval(() => {
      edits += 1;
      const operation = { type: 'update', target: 'scene', data: { edits } };
      answers.push(author.ask({ type: 'sceneOperation', roomId: ROOM, operation }));
    }, 1000 / EDITS_PER_SECOND);
    const begun = performance.now();
    const joiners = Array.from({ length: JOINS }, (_, index) => join(server.port, index, states));
    t.teardown(() => {
      for (const { socket } of joiners) socket.terminate();
    });
    await until(() => joiners.every((one) => one.state !== undefined));
    clearInterval(editing);
    const acknowledged = await Promise.all(answers);
    const version = Math.max(...acknowledged.map((one) => one.version));
    await until(() => joiners.every((one) => versionOf(one) === version));

    const rendered = server.reports;
    const took = joiners.map((one) => one.joinedAt - begun);
    const bytes = [...states.keys()].reduce((sum, text) => sum + text.length, 0) / states.size;
    t.comment(
      `states of ${(bytes / 1e6).toFixed(2)} MB; first after ${ms(Math.min(...took))}, median ${ms(quantile(took, 0.5))}, ` +
        `last after ${ms(Math.max(...took))}; ${rendered.length} encodings of ${new Set(rendered).size} contents, ${edits} edits`,
    );
    t.equal(new Set(rendered).size, rendered.length, '[SC8] no content was encoded twice');
    t.ok(rendered.length <= states.size + 1, '[SC8] and none that nobody was given');
    t.ok(rendered.length < JOINS / 4, '[SC8] so one encoding served many');
    for (const { manifest } of states.values()) {
      if (Object.keys(manifest.items).length !== ITEMS) t.fail('a state without all items');
    }
    const versions = new Map<number, string>();
    for (const { state } of joiners) {
      if (state === undefined) continue;
      const same = versions.get(state.version) ?? state.text;
      versions.set(state.version, same);
      if (same !== state.text) t.fail(`two states of version ${state.version}`);
    }
    t.pass('[SC8] all states of a version are equal');
    t.same(joiners.filter(hasGap).length, 0, '[SC2] every edit meanwhile reached all once and without a gap');
    t.same(joiners.filter(({ last }) => last !== edits).length, 0, 'and all know the last one');
  });

  t.test(`[SC8] with nobody at work the state is encoded once for all, on ${transport}`, async (t) => {
    const server = await startChildServer(t, options(transport));
    const author = await connect(server.port);
    await build(author);
    const states = new Map<string, Message>();
    const joiners = Array.from({ length: JOINS }, (_, index) => join(server.port, index, states));
    t.teardown(() => {
      for (const { socket } of joiners) socket.terminate();
    });
    await until(() => joiners.every((one) => one.state !== undefined));
    t.equal(server.reports.length, 1);
    t.equal(states.size, 1, 'all have got the same bytes');
  });
}

async function build(author: TestClient): Promise<void> {
  await author.ask({ type: 'join', roomId: ROOM, user: { userId: 'author' } });
  const commands = Array.from({ length: ITEMS / OPERATIONS_PER_COMMAND }, (_, command) =>
    author.ask({
      type: 'sceneOperation',
      operations: Array.from({ length: OPERATIONS_PER_COMMAND }, (_, index) => ({
        type: 'add',
        target: 'item',
        id: `item${command}-${index}`,
        data: { kind: 'box', colour: '#336699', position_x: command, position_y: index, scale_x: 1.5 },
      })),
    }),
  );
  for (const answer of await Promise.all(commands)) if (answer.type !== 'ack') throw new Error(answer.code);
}

function join(port: number, index: number, states: Map<string, Message>): Joiner {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  const joiner: Joiner = { socket, state: undefined, deltas: [], last: 0, joinedAt: 0 };
  socket.on('open', () => {
    socket.send(JSON.stringify({ type: 'join', roomId: ROOM, user: { userId: `user${index}` } }));
  });
  socket.on('message', (bytes: Buffer) => {
    const beginning = bytes.subarray(0, 30).toString();
    if (!beginning.startsWith('{"type":"scene')) return;
    const text = bytes.toString();
    if (beginning.startsWith('{"type":"sceneState"')) {
      const state = states.get(text) ?? (JSON.parse(text) as Message);
      states.set(text, state);
      joiner.state = { text, version: state.version };
      joiner.last = state.manifest.properties.edits ?? 0;
      joiner.joinedAt = performance.now();
      joiner.deltas.length = 0;
    } else {
      const { fromVersion, toVersion, operations } = JSON.parse(text) as Message;
      joiner.deltas.push([fromVersion, toVersion]);
      joiner.last = operations.at(-1).data.edits;
    }
  });
  return joiner;
}

function versionOf({ state, deltas }: Joiner): number | undefined {
  return deltas.at(-1)?.[1] ?? state?.version;
}

function hasGap({ state, deltas }: Joiner): boolean {
  let version = state?.version;
  for (const [from, to] of deltas) {
    if (from !== version || to <= from) return true;
    version = to;
  }
  return false;
}

/** Looks again and again. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
