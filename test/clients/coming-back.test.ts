import t from 'tap';
import { WebSocket } from 'ws';
import { connect } from '../../clients/client/index.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { startProxy } from '../support/tcp-proxy.ts';
import { stage } from './scripted.ts';
import { becomes, clientStage, until } from './stage.ts';

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(`[PR3] who gives up a connection as dead keeps its place and locks (${TRANSPORT})`, async (t) => {
    const at = await clientStage(t, { TRANSPORT });
    const proxy = await startProxy(t, at.server.port);
    const sockets: WebSocket[] = [];
    const Remembered = class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    };
    const clock = createManualClock();
    const options = { WebSocket: Remembered, transports: ['websocket'], clock, heartbeatMs: 4000 } as const;
    const client = connect(`ws://127.0.0.1:${proxy.port}/ws`, options);
    t.teardown(() => client.close());
    const ada = client.join('r', { user: { userId: 'ada' } });
    const ben = at.client().join('r', { user: { userId: 'ben' } });
    clock.advance(0);
    await Promise.all([ada.joined, ben.joined]);
    await ada.selection.select('lamp');
    await ben.selection.select('lamp');

    proxy.pass('questions', false);
    clock.advance(4000);
    clock.advance(2000);
    t.equal(client.status, 'waiting', 'nothing answers');
    proxy.pass('questions', true);
    await new Promise((resolve) => sockets[0]?.on('close', resolve));
    await ben.chat.send('and now?');
    await until(() => ben.chat.messages.length === 1, 'what came before that');
    t.match(ben.presence.others, [{ userId: 'ada' }]);
    t.equal(ben.selection.holderOf('lamp'), 'ada');

    clock.advance(1000);
    await until(() => ada.status === 'joined', 'she is back');
    await ada.chat.send('here I am');
    t.equal(ben.selection.holderOf('lamp'), 'ada');
    client.close();
    await until(() => ben.presence.others.length === 0, 'her goodbye');
  });
}

t.test('a room whose answers are slower than a join is patient is joined all the same', async (t) => {
  const { client, clock, last, pass } = stage(t);
  const room = client.join('r', { user: { userId: 'ada' } });
  await pass(0);
  last().open();
  const socket = last();
  const send = socket.send.bind(socket);
  const answer = (command: Record<string, unknown>) =>
    clock.after(7000, () => socket.say({ type: 'ack', ok: true, op: 'join', ref: command.ref, roomId: 'r' }));
  for (const command of socket.sent) answer(command);
  socket.send = (text) => {
    send(text);
    answer(JSON.parse(text));
  };
  await pass(20_000);
  t.equal(room.status, 'joined');
});

t.test(
  '[ND3] however many commands find that their connection is in the room no more, it joins once',
  async (t) => {
    const { client, last, pass } = stage(t);
    const room = client.join('r', { user: { userId: 'ada' } });
    await pass(0);
    last().open();
    const joins = () => last().sent.filter(({ type }) => type === 'join');
    const joined = () => ({ type: 'ack', ok: true, op: 'join', ref: joins().at(-1)?.ref, roomId: 'r' });
    last().say(joined());
    const sent = Array.from({ length: 64 }, (_, n) => room.chat.send(`m${n}`));
    const messages = () => last().sent.filter(({ type }) => type === 'message');
    t.equal(messages().length, 64);
    const refused = (from: number, to: number) =>
      messages()
        .slice(from, to)
        .map(({ opId }) => ({
          type: 'error',
          ok: false,
          op: 'message',
          code: 'NOT_JOINED',
          opId,
          roomId: 'r',
        }));
    last().say(...refused(0, 40));
    last().say(...refused(40, 64));
    t.equal(joins().length, 2);
    last().say(joined());
    t.equal(messages().length, 128, 'all are sent again');
    last().say(
      ...messages()
        .slice(64)
        .map(({ opId }) => ({ type: 'ack', ok: true, op: 'message', opId, roomId: 'r' })),
    );
    await Promise.all(sent);
  },
);

t.test('[RM5] nothing is lost or doubled by a change of details amid what others do', async (t) => {
  const at = await clientStage(t);
  const ada = at.client().join('r', { user: { userId: 'ada' } });
  const ben = at.client().join('r', { user: { userId: 'ben' } });
  await Promise.all([ada.joined, ben.joined]);
  const events: unknown[] = [];
  ada.on('event', ({ data }) => events.push(data));
  const numbers = Array.from({ length: 60 }, (_, n) => n);
  const answers: Promise<unknown>[] = [];
  for (const n of numbers) {
    answers.push(ben.chat.send(`m${n}`), ben.scene.add(`i${n}`, { n }), ben.relay('n', n));
    ben.text('d').insert(0, `<${n}>`);
    ada.text('d').insert(ada.text('d').value.length, `[${n}]`);
    answers.push(ada.presence.update({ n }), ada.scene.add(`j${n}`, { n }));
    if (n % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
  }
  await Promise.all(answers);
  await until(() => ada.scene.version === 120 && events.length >= 60 && ada.pending === 0, 'all of it');
  await until(() => ada.text('d').value === ben.text('d').value && ben.pending === 0, 'the text');
  t.same(events, numbers);
  t.same(
    ada.chat.messages.map(({ text }) => text),
    numbers.map((n) => `m${n}`),
  );
  for (const n of numbers) t.equal(ada.text('d').value.split(`<${n}>`).length, 2);
  await until(() => ben.scene.version === 120, 'the scene');
  t.same(new Map([...ada.scene.items].sort()), new Map([...ben.scene.items].sort()));
  await until(() => ben.presence.others[0]?.n === 59, 'the last details');
});

t.test('what is said while there is no connection is told as it was when it was said', async (t) => {
  const at = await clientStage(t);
  const user = { userId: 'ada', mood: 'fine' };
  const [ada, ben] = [at.client().join('r', { user }), at.client().join('r', { user: { userId: 'ben' } })];
  await Promise.all([ada.joined, ben.joined]);
  const events: unknown[] = [];
  ben.on('event', ({ data }) => events.push(data));
  const lost = becomes(ada, 'joining');
  at.sockets[0]?.terminate();
  await lost;
  const state = { n: 1 };
  const said: Promise<unknown>[] = [ada.relay('s', state), ada.chat.send('x', { metadata: state })];
  state.n = 2;
  said.push(ada.relay('s', state));
  state.n = 3;
  user.mood = 'gone';
  await Promise.all(said);
  await until(() => events.length === 2 && ben.chat.messages.length === 1, 'all of it');
  t.same(events, [{ n: 1 }, { n: 2 }]);
  t.match(ben.chat.messages, [{ metadata: { n: 1 } }]);
  t.match(ben.presence.others, [{ userId: 'ada', mood: 'fine' }]);
});

t.test('who comes back is described as it was when it described itself', async (t) => {
  const at = await clientStage(t);
  const ada = at.client().join('r', { user: { userId: 'ada' } });
  const ben = at.client().join('r', { user: { userId: 'ben' } });
  await Promise.all([ada.joined, ben.joined]);
  const seat = { row: 1 };
  await ada.presence.update({ seat });
  // More than the server takes: a join with that would be refused.
  Object.assign(seat, { row: 2, why: 'x'.repeat(3000) });
  const lost = becomes(ada, 'joining');
  at.sockets[0]?.terminate();
  await lost;
  await until(() => ada.status !== 'joining', 'who comes back');
  t.equal(ada.status, 'joined');
  await ada.chat.send('here I am');
  await until(() => ben.chat.messages.length === 1, 'what came before it');
  t.match(ben.presence.others, [{ userId: 'ada', seat: { row: 1 } }]);
});

t.test('a room can be joined anew by who is just told that it has ended', async (t) => {
  const at = await clientStage(t);
  const client = at.client();
  const room = client.join('r', { user: { userId: 'ada' } });
  await room.joined;
  let next: typeof room | undefined;
  room.on('status', (status) => {
    if (status === 'left') next = client.join('r', { user: { userId: 'ada' } });
  });
  room.leave();
  t.not(next, room);
  await next?.joined;
  t.equal(client.rooms.get('r'), next);
});
