import t from 'tap';
import { token } from '../native/person.ts';
import { TEST_SECRET } from '../support/servers.ts';
import { signAtOnce } from '../support/tokens.ts';
import { becomes, clientStage, until } from './stage.ts';

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(
    `two clients meet in a room: presence, selection, chat, cameras, signals (${TRANSPORT})`,
    async (t) => {
      const at = await clientStage(t, { TRANSPORT });
      const ada = at.client().join('r', { user: { userId: 'ada', name: 'Ada' } });
      const ben = at.client().join('r', { user: { userId: 'ben', color: 'red' } });
      await Promise.all([ada.joined, ben.joined]);
      await until(() => ada.presence.others.length === 1 && ben.presence.others.length === 1, 'presence');
      t.match(ada.presence.others, [{ userId: 'ben', color: 'red' }]);
      t.match(ben.presence.others, [{ userId: 'ada', name: 'Ada' }]);
      await ben.presence.update({ color: 'blue' });
      await until(() => ada.presence.others[0]?.color === 'blue', 'the new colour');

      const conflicts: unknown[] = [];
      ben.selection.on('conflict', (one) => conflicts.push(one));
      await ada.selection.select('lamp');
      await ben.selection.select('lamp');
      await until(() => ben.selection.selected.lamp?.length === 2 && conflicts.length === 1, 'both');
      t.equal(ben.selection.holderOf('lamp'), 'ada');
      t.match(conflicts, [{ planetId: 'lamp', lockedBy: 'ada' }]);
      await ada.selection.unselect('lamp');
      await until(() => ben.selection.holderOf('lamp') === 'ben', 'the next in line');

      const heard: string[] = [];
      const end = ben.chat.on('message', ({ text }) => heard.push(text));
      const id = await ada.chat.send('hello');
      await until(() => heard.length === 1, 'the message');
      t.match(ben.chat.messages, [{ id, text: 'hello', userId: 'ada' }]);
      end();
      await ada.chat.send('again');
      await until(() => ben.chat.messages.length === 2, 'the second message');
      t.same(heard, ['hello'], 'what returned ends the subscription');

      await Promise.all([ada.cameras.view('p'), ben.cameras.view('p')]);
      ada.cameras.move('p', { position: [1, 2, 3] });
      await until(() => ben.cameras.of('p').size === 1, 'the camera');
      t.same(ben.cameras.of('p').get('ada'), { position: [1, 2, 3] });
      t.equal(ada.cameras.of('p').size, 0, 'not one’s own');
      const typing: unknown[] = [];
      ben.on('typing', (one) => typing.push(one));
      ada.signal('typing', { isTyping: true });
      await until(() => typing.length === 1, 'typing');
      t.match(typing, [{ userId: 'ada', isTyping: true }]);

      const events: unknown[] = [];
      ben.on('event', (one) => events.push(one));
      await ada.relay('saved', { n: 1 });
      await until(() => events.length === 1, 'the event');
      t.match(events, [{ event: 'saved', data: { n: 1 }, userId: 'ada' }]);
      const own: unknown[] = [];
      ada.on('event', (one) => own.push(one.event));
      await ada.relay('saved', { n: 2 });
      await ada.relay('drawn', { n: 3 }, { toAll: true });
      await until(() => own.length > 0 && events.length === 3, 'what goes to all');
      t.same(own, ['drawn']);
      ada.leave();
      await until(() => ben.presence.others.length === 0, 'has left');
      await t.rejects(ada.chat.send('late'), { name: 'TandemError', code: 'LEFT' });
    },
  );

  t.test(`a client resumes, and nothing is lost or doubled (${TRANSPORT})`, async (t) => {
    const at = await clientStage(t, { TRANSPORT });
    const ada = at.client().join('r', { user: { userId: 'ada' } });
    const ben = at.client().join('r', { user: { userId: 'ben' } });
    await Promise.all([ada.joined, ben.joined]);
    await ada.selection.select('lamp');
    const events: unknown[] = [];
    ben.on('event', (one) => events.push(one.data));
    const answers: Promise<unknown>[] = [];
    for (let n = 0; n < 60; n++) {
      answers.push(ada.chat.send(`m${n}`), ada.scene.add(`i${n}`, { n }), ada.relay('n', n));
      if (n % 10 === 5) for (const socket of at.sockets) socket.terminate();
      if (n % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
    }
    t.ok(ada.pending > 0, 'what waits can be seen');
    await Promise.all(answers);
    t.equal(ada.pending, 0);
    await until(() => ben.scene.items.size === 60 && ben.chat.messages.length === 60, 'all of it');
    await until(() => events.length >= 60, 'all events');
    t.same(
      ben.chat.messages.map(({ text }) => text),
      Array.from({ length: 60 }, (_, n) => `m${n}`),
    );
    t.same(
      events,
      Array.from({ length: 60 }, (_, n) => n),
    );
    t.equal(ben.scene.version, 60);
    await until(() => ada.scene.version === 60 && ada.chat.messages.length === 60, 'its own');
    t.same([...ada.scene.items], [...ben.scene.items]);
    t.ok(at.sockets.length > 4, 'connections were lost');
    await until(() => ben.selection.holderOf('lamp') === 'ada', 'what was selected still is');
  });
}

t.test('a refusal is an error with the code and the details, and is taken back', async (t) => {
  const at = await clientStage(t);
  const ada = at.client().join('r', { user: { userId: 'ada' } });
  const ben = at.client().join('r', { user: { userId: 'ben' } });
  await Promise.all([ada.joined, ben.joined]);
  await ada.scene.add('lamp', { color: 'red' });
  await until(() => ben.scene.items.size === 1, 'the lamp');
  await ada.selection.select('lamp');
  const refused: unknown[] = [];
  ben.scene.on('refused', ({ error }) => refused.push(error.code));
  const answer = ben.scene.update('lamp', { color: 'blue' });
  t.equal(ben.scene.items.get('lamp')?.color, 'blue', 'it shows at once');
  await t.rejects(answer, { code: 'CONFLICT', details: { lockedBy: 'ada', planetId: 'lamp' } });
  t.equal(ben.scene.items.get('lamp')?.color, 'red', 'and is taken back');
  t.same(refused, ['CONFLICT']);
  await t.rejects(ben.chat.send(''), { code: 'INVALID_FIELD', details: { path: 'text' } });
  await t.rejects(ben.chat.send('x'.repeat(70_000)), { code: 'MESSAGE_TOO_LARGE' });
});

t.test('a token that is refused ends the client, and says why', async (t) => {
  const at = await clientStage(t, { AUTH: 'required' });
  const client = at.client({ token: 'nonsense' });
  const room = client.join('r');
  const ended = new Promise((resolve) => client.on('error', resolve));
  t.match(await ended, { code: 'TOKEN_INVALID' });
  t.equal(client.status, 'closed');
  await t.rejects(room.joined, { code: 'CLOSED' });
  t.throws(() => client.join('s'), { code: 'CLOSED' });
});

for (const transports of [['websocket'], ['event-stream']] as const) {
  t.test(`an expired token is told, and another one asked for (${transports})`, async (t) => {
    const at = await clientStage(t, { AUTH: 'required' });
    let asked = 0;
    const getToken = () => {
      asked += 1;
      return token({ sub: 'ada', ...(asked <= 2 ? { exp: 1 } : {}) });
    };
    const client = at.client({ getToken, transports });
    const errors: string[] = [];
    client.on('error', ({ code }) => errors.push(code));
    await client.join('r').joined;
    t.equal(asked, 3);
    t.same(errors, ['TOKEN_EXPIRED', 'TOKEN_EXPIRED']);
  });
}

t.test('who may not be in a room is told, and stays in the others', async (t) => {
  const at = await clientStage(t, { AUTH: 'required' });
  const client = at.client({ getToken: () => token({ sub: 'ada', rooms: ['mine'] }) });
  const [mine, other] = [client.join('mine'), client.join('other')];
  await mine.joined;
  const waiting = other.chat.send('x');
  await t.rejects(other.joined, { code: 'FORBIDDEN' });
  await t.rejects(waiting, { code: 'FORBIDDEN' });
  t.equal(other.status, 'refused');
  t.equal(mine.status, 'joined');
  t.equal(mine.userId, 'ada');
  await mine.chat.send('still here');
});

t.test('whose token names it by a number knows itself among the others', async (t) => {
  const at = await clientStage(t, { AUTH: 'required' });
  for (const claims of [{ sub: 42 }, { userId: 0 }]) {
    const id = String(claims.sub ?? claims.userId);
    const signed = signAtOnce({ ...claims, rooms: ['*'] } as never, TEST_SECRET);
    const room = at.client({ getToken: () => signed, transports: ['websocket'] }).join(`r${id}`);
    await room.joined;
    await until(() => room.presence.users.length === 1, 'presence');
    t.equal(room.userId, id);
    t.match(room.presence.self, { userId: id });
    t.same(room.presence.others, []);
  }
});

t.test('what waits is bounded', async (t) => {
  const at = await clientStage(t);
  const room = at.client({ maxPending: 2 }).join('r', { user: { userId: 'ada' } });
  const first = [room.chat.send('1'), room.chat.send('2')];
  await t.rejects(room.chat.send('3'), { code: 'OUTBOX_FULL', details: { limit: 2 } });
  await Promise.all(first);
  await room.chat.send('4');
});

t.test('a client sends what the server would not take so fast again, until it is taken', async (t) => {
  const at = await clientStage(t, { RATE_LIMIT: '40/1s', STREAM_LIMIT: '150/1s' });
  const room = at.client().join('r', { user: { userId: 'ada' } });
  await room.joined;
  await Promise.all(Array.from({ length: 100 }, (_, n) => room.chat.send(`m${n}`)));
  await until(() => room.chat.messages.length === 100, 'all');
  t.equal(new Set(room.chat.messages.map(({ text }) => text)).size, 100);
});

t.test('who has ended listening hears nothing more, also of what others are just told', async (t) => {
  const at = await clientStage(t);
  const { scene } = at.client().join('r');
  const heard: string[] = [];
  const listen = (name: string) => scene.on('change', () => heard.push(name));
  scene.on('change', () => {
    ends[0]?.();
    // Who begins now is told of the next.
    listen('late');
  });
  const ends = ['one', 'two'].map(listen);
  scene.set({ n: 1 }).catch(() => {});
  t.same(heard, ['two']);
  scene.set({ n: 2 }).catch(() => {});
  t.same(heard, ['two', 'two', 'late']);
});

t.test('all hear what a listener does about something after that, and in order', async (t) => {
  const at = await clientStage(t);
  const room = at.client().join('r', { user: { userId: 'ada' } });
  const note = room.text('note');
  await room.joined;
  const heard: string[] = [];
  note.on('change', ({ value }) => {
    if (value.includes('!')) note.delete(value.indexOf('!'), 1);
    heard.push(`first ${value}, ${note.value}`);
  });
  const end = note.on('change', () => {
    end();
    throw new Error('the program’s own');
  });
  note.on('change', ({ value }) => heard.push(value));
  const uncaught: unknown[] = [];
  const { queueMicrotask: later } = globalThis;
  const caught = (task: () => void) =>
    later(() => {
      try {
        task();
      } catch (error) {
        uncaught.push(error);
      }
    });
  t.intercept(globalThis, 'queueMicrotask', { value: caught });
  note.insert(0, 'a!b');
  t.same(heard, ['a!b', 'first ab, ab', 'ab', 'first a!b, ab']);
  await until(() => room.pending === 0, 'all of it');
  t.match(uncaught, [{ message: 'the program’s own' }]);
});

t.test(
  'who listens to a client hears last what it is, also where a listener of a room closes it',
  async (t) => {
    const at = await clientStage(t);
    const client = at.client();
    const room = client.join('r', { user: { userId: 'ada' } });
    await room.joined;
    const heard: string[] = [];
    client.on('status', (status) => heard.push(status));
    room.on('status', (status) => status === 'joining' && client.close());
    const left = becomes(room, 'left');
    at.sockets[0]?.terminate();
    await left;
    await new Promise((resolve) => setImmediate(resolve));
    t.same(heard, ['closed']);
  },
);
