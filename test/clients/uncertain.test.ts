import t, { type Test } from 'tap';
import { createUnsureLog } from '../native/unsure-log.ts';
import { createRandom } from '../simulation/random.ts';
import { WireSocket } from './wire-ends.ts';
import { WireWorld } from './wire-world.ts';

const STEPS = 150;

interface Course {
  seed: number;
  codes: Set<string>;
  env?: Record<string, string>;
}

async function run(t: Test, { seed, codes, env = {} }: Course): Promise<void> {
  const random = createRandom(seed);
  const log = createUnsureLog();
  const world = new WireWorld(() => log, { RATE_LIMIT: '1000/1s', ...env });
  await world.start();
  const Listening = class extends WireSocket {
    constructor() {
      super(world);
    }
    override arrived(frame: string): void {
      for (const [, code] of frame.matchAll(/"code":"(\w+)"/g)) codes.add(code as string);
      super.arrived(frame);
    }
  };
  const options = { WebSocket: Listening, random: random.next, backoff: { maxMs: 1000 } };
  const enter = (userId: string) => world.client(options).join('r', { user: { userId } });
  // The last has two tabs.
  const rooms = ['ada', 'ben', 'cem', 'cem'].map(enter);
  const refused: string[] = [];
  for (const room of rooms) room.text('d').on('refused', ({ code }) => refused.push(code));
  const isCalm = () => rooms.every((room) => room.status === 'joined' && room.pending === 0);
  const calm = async () => {
    log.unsure = false;
    await log.store();
    for (let turn = 0; turn < 300 && !isCalm(); turn++) await world.pass(200);
    await world.pass(200);
  };
  await calm();
  let typed = 0;
  for (let step = 0; step < STEPS; step++) {
    const who = random.below(rooms.length);
    const document = rooms[who]?.text('d');
    switch (random.weighted({ type: 20, wait: 8, unsure: 3, store: 2, bury: 0.7, cut: 0.7 })) {
      case 'type':
        typed += 1;
        document?.insert(random.below(document.value.length + 1), `<${typed}>`);
        break;
      case 'unsure':
        log.unsure = !log.unsure;
        break;
      case 'store':
        await log.store();
        break;
      case 'bury':
        await log.bury();
        break;
      case 'cut':
        [...world.ends][who]?.cut(random.pick(['whole', 'half']));
        break;
      default:
        await world.pass(random.below(700), random.next);
    }
  }
  await calm();
  t.ok(isCalm(), `seed ${seed}: everything was answered`);
  t.same(refused, [], `seed ${seed}: nothing was taken back`);
  const fresh = enter('dan');
  fresh.text('d');
  for (let turn = 0; turn < 100 && fresh.status !== 'joined'; turn++) await world.pass(200);
  await world.pass(200);
  const { value } = fresh.text('d');
  for (const room of rooms)
    t.equal(room.text('d').value, value, `seed ${seed}: ${room.userId} sees what there is`);
  t.equal(value.split('<').length - 1, typed, `seed ${seed}: what was typed is there, once`);
  await world.end();
}

const { SEED, SEEDS = 10 } = process.env;
const seeds = SEED === undefined ? Array.from({ length: Number(SEEDS) }, (_, at) => at + 1) : [Number(SEED)];

t.test(
  '[ER6] [ND3] [TX2] a text is one, also where it is not known what was stored, and others bury the node',
  async (t) => {
    const codes = new Set<string>();
    for (const seed of seeds) await run(t, { seed, codes });
    if (SEED === undefined) t.same([...codes].sort(), ['LOG_UNAVAILABLE', 'NOT_JOINED', 'OUTCOME_UNKNOWN']);
  },
);

t.test(
  '[ER6] [TX4] nor is anything lost, or there twice, where the server keeps two operations',
  async (t) => {
    const codes = new Set<string>();
    for (const seed of seeds) await run(t, { seed, codes, env: { KEPT_TEXT_OPERATIONS: '2' } });
    if (SEED === undefined)
      t.same([...codes].sort(), ['LOG_UNAVAILABLE', 'NOT_JOINED', 'OUTCOME_UNKNOWN', 'VERSION_UNKNOWN']);
  },
);
