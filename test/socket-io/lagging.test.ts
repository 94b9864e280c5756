import t, { type Test } from 'tap';
import { type Stage, stage, token } from '../native/person.ts';

const roomId = 'blueprint-1';
const half = 'p'.repeat(5000);
const env = { MAX_MESSAGE_BYTES: '8000', MAX_BUFFERED_BYTES: '8000' };

const text = { documentId: 'd', operation: ['x'], version: 0 };

/** Somebody in the room. */
async function member(at: Stage, name: string) {
  const wire = at.connect({ path: '/socket.io/', query: 'EIO=4&transport=websocket' });
  wire.sendRaw(`40${JSON.stringify({ token: await token({ sub: name, name }) })}`);
  const emit = (event: string, data: object) => wire.sendRaw(`42${JSON.stringify([event, data])}`);
  const heard: string[] = [];
  const self = {
    wire,
    say: (message: string, where = roomId) => emit('send_message', { roomId: where, message }),
    /** The same, to be answered. */
    ask: (message: string) => wire.sendRaw(`421${JSON.stringify(['send_message', { roomId, message }])}`),
    write: () => wire.sendRaw(`421${JSON.stringify(['operation', { ...text, roomId }])}`),
    /** Into another room. */
    join: (roomId: string) => emit('join_room', { roomId }),
    type: () => emit('typing', { roomId, isTyping: true }),
    leave: (where = roomId) => emit('leave_room', { roomId: where }),
    /** Who came, went and said something, as far as it is known by now. */
    heard() {
      for (const frame of wire.takeFrames()) {
        if (frame.startsWith('43')) {
          const [{ ok, version = '' }] = JSON.parse(frame.slice(frame.indexOf('[')));
          heard.push(`ok ${ok} ${version}`.trim());
        }
        if (!frame.startsWith('42')) continue;
        const [event, { userName = '', message = '', version = '' }] = JSON.parse(frame.slice(2));
        if (
          ['message', 'operation', 'room_joined', 'room_left', 'user_joined', 'user_left'].includes(event)
        ) {
          heard.push(`${event} ${userName} ${version}${message.slice(0, 4)}`.trim());
        }
      }
      return heard;
    },
  };
  await at.until(() => wire.takeFrames().find((one) => one.startsWith('40')), 'welcome');
  emit('join_room', { roomId });
  await at.pass(64);
  return self;
}

type Member = Awaited<ReturnType<typeof member>>;

/** What somebody hears of a tick of which two messages fit into the buffer, and nothing behind them. */
async function lagging(t: Test, happens: (at: Stage, ben: Member, others: Member[], ada: Member) => unknown) {
  const at = await stage(t, env);
  const ada = await member(at, 'ada');
  const [ben, ...others] = [
    await member(at, 'ben'),
    await member(at, 'cy'),
    await member(at, 'dan'),
  ] as const;
  const before = ada.heard().length;
  ada.wire.stall();
  // It leaves at once; what follows waits for the tick.
  ben.say(half);
  ben.say(half);
  await happens(at, ben, others, ada);
  await at.settle();
  await at.pass(64);
  ada.wire.read();
  await at.pass(64);
  return ada.heard().slice(before).sort();
}

const said = ['message ben pppp', 'message ben pppp'];

t.test('[SR3] [SO14] who lost what was said behind somebody’s leaving hears of that, too', async (t) => {
  const heard = await lagging(t, async (at, ben, [cy]) => {
    cy?.leave();
    await at.settle();
    ben.say('last');
  });
  t.same(heard, ['message ben last', ...said, 'user_left cy']);
});

t.test('[SR3] [SO14] who lost that several left hears it of each, and nothing else twice', async (t) => {
  const heard = await lagging(t, (_at, _ben, others) => {
    for (const one of others) one.leave();
  });
  t.same(heard, [...said, 'user_left cy', 'user_left dan']);
});

t.test('[SR3] [SO14] also where that was all that happened in its tick', async (t) => {
  const heard = await lagging(t, async (at, _ben, others, ada) => {
    await at.pass(64);
    // Not for itself: it only begins a tick.
    ada.type();
    for (const one of others) one.leave();
  });
  t.same(heard, [...said, 'user_left cy', 'user_left dan']);
});

t.test('[SR3] [SO3] who lost an answer amid a tick hears nothing twice that came before it', async (t) => {
  const at = await stage(t, env);
  const [ada, ben] = [await member(at, 'ada'), await member(at, 'ben')];
  const before = ada.heard().length;
  ada.wire.stall();
  ben.say(half);
  ben.say('near');
  await at.settle();
  ada.ask(half);
  await at.settle();
  ben.say('last');
  await at.settle();
  await at.pass(64);
  ada.wire.read();
  await at.pass(64);
  t.same(ada.heard().slice(before), [
    'message ben pppp',
    'message ben near',
    'message ada pppp',
    'message ben last',
    'ok true',
  ]);
});

/** Ada has read nothing since ben began to speak: more than her bound. */
async function behind(t: Test, count: number) {
  const at = await stage(t, env);
  const [ada, ben] = [await member(at, 'ada'), await member(at, 'ben')];
  const before = ada.heard().length;
  ada.wire.stall();
  for (let times = 0; times < count; times++) ben.say(half);
  await at.pass(64);
  return {
    at,
    ada,
    ben,
    async hears() {
      ada.wire.read();
      await at.pass(64);
      return ada.heard().slice(before);
    },
  };
}

t.test('[SR3] [SO3] [TX6] who asks while it lags is answered behind what it missed', async (t) => {
  const { at, ada, ben, hears } = await behind(t, 2);
  ben.write();
  await at.pass(64);
  ada.write();
  await at.pass(64);
  t.same(await hears(), [...said, 'operation ben 1', 'ok true 2']);
});

t.test('[SR3] [SO3] also where it has drained before the tick of its answer', async (t) => {
  const { at, ada, ben, hears } = await behind(t, 2);
  ben.say('near');
  await at.settle();
  ada.ask('mine');
  await at.settle();
  t.same(await hears(), [...said, 'message ben near', 'message ada mine', 'ok true']);
});

t.test('[SR3] [SO3] also where that comes in parts, and it lags again meanwhile', async (t) => {
  const { at, ada, hears } = await behind(t, 6);
  ada.ask('mine');
  await at.pass(64);
  for (let times = 0; times < 4; times++) {
    ada.wire.read();
    ada.wire.stall();
    await at.pass(64);
  }
  const all = Array.from({ length: 6 }, () => 'message ben pppp');
  t.same(await hears(), [...all, 'message ada mine', 'ok true']);
});

t.test('[SR3] [SO3] who leaves and joins while it lags is answered in that order', async (t) => {
  const { at, ada, hears } = await behind(t, 3);
  ada.ask('mine');
  await at.pass(64);
  ada.leave();
  await at.pass(64);
  ada.join(roomId);
  await at.pass(64);
  t.same(await hears(), [...said, 'ok true', 'room_left', 'room_joined']);
});

t.test('[SR3] [SR5] who joins another room while it lags hears all that is said there since', async (t) => {
  const at = await stage(t, env);
  const [ada, ben, cy] = [await member(at, 'ada'), await member(at, 'ben'), await member(at, 'cy')];
  for (const one of [ben, cy]) one.join('beside');
  await at.pass(64);
  const before = ada.heard().length;
  ada.wire.stall();
  for (let times = 0; times < 3; times++) ben.say(half);
  await at.pass(64);
  ada.join('beside');
  await at.pass(64);
  ben.say('there', 'beside');
  cy.leave('beside');
  await at.pass(64);
  ada.wire.read();
  await at.pass(64);
  t.same(ada.heard().slice(before), [
    ...said,
    'room_joined',
    'message ben pppp',
    'user_left cy',
    'message ben ther',
  ]);
});

t.test('[SO5] who cannot be told that it was sent away finds its transport closed', async (t) => {
  const at = await stage(t, env);
  const [ada, ben] = [await member(at, 'ada'), await member(at, 'ben')];
  ada.wire.sendRaw(`40/scenes,${JSON.stringify({ token: await token({ sub: 'eve', name: 'eve' }) })}`);
  await at.until(() => ada.wire.takeFrames().find((one) => one.startsWith('40/scenes')), 'welcome');
  ada.wire.stall();
  for (let times = 0; times < 3; times++) ben.say(half);
  await at.pass(64);
  await at.server.disconnect('ada');
  await at.settle();
  t.not(ada.wire.closedWith, undefined);
});

t.test('[SO1] [SO15] so does who cannot be told whether it was let in', async (t) => {
  const connected = () => t.fail('it does not know');
  for (const namespace of ['/nowhere', '/own']) {
    const at = await stage(t, env, { applications: [{ namespace: '/own', connected }] });
    const [ada, ben] = [await member(at, 'ada'), await member(at, 'ben')];
    ada.wire.stall();
    for (let times = 0; times < 3; times++) ben.say(half);
    await at.pass(64);
    ada.wire.sendRaw(`40${namespace},`);
    t.not(ada.wire.closedWith, undefined, namespace);
  }
});
