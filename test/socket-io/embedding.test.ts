import { Socket as Engine } from 'engine.io-client';
import t from 'tap';
import { type Application, type ApplicationSocket, Refused } from '../../server/index.ts';
import { silent } from '../support/servers.ts';
import { onEach } from './stage.ts';

/** As in the protocols' public test suites. */
const echo: Application = {
  namespace: '/',
  connected(socket) {
    socket.emit('auth', socket.request.auth);
    socket.on('message', (...args: unknown[]) => socket.emit('message-back', ...args));
    socket.on('message-with-ack', (...args: unknown[]) => {
      const answer = args.pop() as (...answers: unknown[]) => void;
      answer(...args);
    });
  },
};

onEach(t, '[SO15] an application has events of its own, with any arguments, binary too', async (t, start) => {
  const at = await start({}, { applications: [echo] });
  const one = await at.client({ auth: { token: 'abc', more: [1] } });
  t.same(await one.next('auth'), { token: 'abc', more: [1] });
  const args = [1, '2', { a: [null, true] }, Buffer.from([3, 4]), { deep: { bytes: Buffer.from([5]) } }];
  const back = new Promise<unknown[]>((resolve) => one.socket.once('message-back', (...all) => resolve(all)));
  one.emit('message', ...args);
  t.same(JSON.parse(JSON.stringify(await back)), JSON.parse(JSON.stringify(args)));
  const answer = new Promise<unknown[]>((resolve) => {
    one.socket.emit('message-with-ack', ...args, (...all: unknown[]) => resolve(all));
  });
  t.same(JSON.parse(JSON.stringify(await answer)), JSON.parse(JSON.stringify(args)));
});

onEach(t, 'the server may ask a client, and hears when it does not answer', async (t, start) => {
  const clients: ApplicationSocket[] = [];
  const connected: Application['connected'] = (socket) => void clients.push(socket);
  const at = await start({}, { applications: [{ namespace: '/asking', connected }] });
  const one = await at.client({ namespace: '/asking' });
  await one.next('connect');
  const client = clients[0] as ApplicationSocket;
  one.socket.on('sum', (a: number, b: number, answer: (sum: number) => void) => answer(a + b));
  t.same(await client.ask('sum', [1, 2]), [3]);
  await t.rejects(client.ask('nothing', [], 50), { message: 'no answer to nothing within 50 ms' });
  const left = client.ask('nothing', []);
  one.socket.disconnect();
  await t.rejects(left, { message: 'the client left before it answered nothing' });
});

onEach(t, 'an application lets in whom it will, and says why not', async (t, start) => {
  const admit: Application['admit'] = async ({ auth, query, headers, address }) => {
    if (auth.fail === 'oddly') throw new TypeError('secret');
    if (auth.name !== 'ada') throw new Refused('Not you', { query, agent: headers['x-own'], address });
  };
  const connected: Application['connected'] = (socket) => void socket.emit('hello');
  const namespace = (name: string) => /^\/project-\d+$/.test(name);
  const at = await start({}, { applications: [{ namespace, admit, connected }] });
  const guest = await at.client({
    namespace: '/project-7',
    query: { q: '1' },
    extraHeaders: { 'x-own': 'me' },
  });
  const refusal = await guest.next('connect_error');
  t.match(refusal, { message: 'Not you', data: { agent: 'me', query: /q=1/ } });
  const odd = await at.client({ namespace: '/project-7', auth: { fail: 'oddly' } });
  t.match(await odd.next('connect_error'), { message: 'Internal error', data: undefined });
  const ada = await at.client({ namespace: '/project-7', auth: { name: 'ada' } });
  await ada.next('hello');
  const other = await at.client({ namespace: '/project-x', auth: { name: 'ada' } });
  t.match(await other.next('connect_error'), { message: 'Invalid namespace' });
});

onEach(t, 'rooms reach all, or all but the sender, and only within their namespace', async (t, start) => {
  const application = (namespace: string): Application => ({
    namespace,
    connected(socket, everybody) {
      socket.join('room');
      socket.on('others', (data: unknown) => socket.to('room').emit('said', data));
      socket.on('all', (data: unknown) => everybody.to('room').emit('said', data));
      socket.on('everybody', (data: unknown) => everybody.emit('said', data));
      socket.on('leave', () => socket.leave('room'));
      socket.on('kick', () => socket.disconnect());
      socket.on('ping me', (answer: () => void) => answer());
    },
  });
  const at = await start({}, { applications: [application('/a'), application('/b')] });
  const [one, two, far] = [
    await at.client({ namespace: '/a' }),
    await at.client({ namespace: '/a' }),
    await at.client({ namespace: '/b' }),
  ];
  for (const each of [one, two, far]) await each.next('connect');
  one.emit('others', Buffer.from([1, 2]));
  t.same(Buffer.from(await two.next('said')), Buffer.from([1, 2]));
  one.emit('all', 'x');
  t.equal(await one.next('said'), 'x', 'what went to the others did not come first');
  t.equal(await two.next('said'), 'x');
  two.emit('leave');
  await two.ask('ping me');
  one.emit('all', 'y');
  one.emit('everybody', 'z');
  t.equal(await one.next('said'), 'y');
  t.equal(await two.next('said'), 'z', 'who has left a room hears no more of it');
  await far.ask('ping me');
  t.same(far.heard(), []);
  two.emit('kick');
  t.equal(await two.next('disconnect'), 'io server disconnect');
});

onEach(t, 'what an application throws disturbs nobody', async (t, start) => {
  const application: Application = {
    namespace: '/odd',
    connected(socket) {
      socket.on('throw', () => {
        throw new Error('of the application');
      });
      socket.on('fine', (answer: (text: string) => void) => answer('fine'));
    },
  };
  const at = await start({}, { applications: [application] });
  const one = await at.client({ namespace: '/odd' });
  one.emit('throw');
  one.emit('toString');
  t.equal(await one.ask('fine'), 'fine');
});

onEach(t, 'bare Engine.IO is served at paths of its own', async (t, start) => {
  const engineIo = {
    path: '/engine.io/',
    handler: {
      selectProtocol: () => '',
      opened() {},
      received(
        session: { send(frame: string | { binary: Uint8Array }): unknown },
        bytes: Uint8Array,
        isBinary: boolean,
      ) {
        session.send(isBinary ? { binary: new Uint8Array(bytes) } : `4${Buffer.from(bytes)}`);
      },
      dropped() {},
      drained() {},
      closed() {},
    },
  };
  const at = await start({}, { engineIo: [engineIo] });
  const engine = new Engine(at.url(), {
    path: '/engine.io/',
    autoUnref: true,
    transports: [...at.transports],
  });
  t.teardown(() => engine.close());
  const heard: unknown[] = [];
  const both = new Promise<void>((resolve) => {
    engine.on('message', (data) => heard.push(data) === 2 && resolve());
  });
  engine.send('hällo');
  engine.send(Buffer.from([1, 2, 3]));
  await both;
  t.same(
    heard.map((one) => (typeof one === 'string' ? one : [...Buffer.from(one as Buffer)])),
    ['hällo', [1, 2, 3]],
  );
});

onEach(t, 'what an application does wrong, then or later, disturbs nobody', async (t, start) => {
  const faults: unknown[] = [];
  const logger = {
    ...silent,
    error: (given: unknown) => void faults.push(String((given as { err: Error }).err)),
  };
  // A function that is async may be handed in wherever one is that returns nothing.
  const fails = (what: string) => async () => {
    throw new Error(what);
  };
  const other: Application = {
    namespace(name) {
      if (name === '/odd') throw new Error('name');
      return false;
    },
    connected: fails('never'),
  };
  const clumsy: Application = {
    namespace: '/clumsy',
    connected(socket) {
      socket.on('act', fails('act'));
      socket.on('act', (...args: unknown[]) => (args.at(-1) as (n: number) => void)(1));
      socket.onDisconnect(() => {
        throw new Error('farewell');
      });
      socket.onDisconnect(fails('later farewell'));
      return fails('connected')();
    },
  };
  const at = await start({}, { logger, applications: [other, clumsy] });
  const one = await at.client({ namespace: '/clumsy' });
  await one.next('connect');
  t.equal(await new Promise((resolve) => one.socket.emit('act', resolve)), 1, 'the other handler is called');
  one.socket.disconnect();
  const odd = await at.client({ namespace: '/odd' });
  t.match(await odd.next('connect_error'), { message: 'Invalid namespace' });
  while (faults.length < 5) await new Promise((resolve) => setTimeout(resolve, 2));
  t.same(faults.map((fault) => String(fault).slice(7)).sort(), [
    'act',
    'connected',
    'farewell',
    'later farewell',
    'name',
  ]);
});

onEach(t, 'who has left is not waited for', async (t, start) => {
  const clients: ApplicationSocket[] = [];
  const connected: Application['connected'] = (socket) => void clients.push(socket);
  const at = await start({}, { applications: [{ namespace: '/asking', connected }] });
  const one = await at.client({ namespace: '/asking' });
  await one.next('connect');
  const client = clients[0] as ApplicationSocket;
  one.socket.disconnect();
  await new Promise<void>((resolve) => client.onDisconnect(resolve));
  let isTold = false;
  client.onDisconnect(() => {
    isTold = true;
  });
  t.ok(isTold);
  await t.rejects(client.ask('nothing', []), { message: 'the client left before it answered nothing' });
});

onEach(t, 'a refusal whose data cannot be written as JSON says nothing of itself', async (t, start) => {
  const faults: string[] = [];
  const logger = {
    ...silent,
    error: (given: unknown) => void faults.push((given as { err: Error }).err.name),
  };
  const circle: { self?: unknown } = {};
  circle.self = circle;
  const refuse = (data: unknown) => {
    throw new Refused('Not you', data);
  };
  const connected = () => {};
  const applications: Application[] = [
    { namespace: '/at-once', admit: () => refuse(1n), connected },
    { namespace: '/later', admit: async () => refuse(circle), connected },
  ];
  const at = await start({}, { logger, applications });
  for (const { namespace } of applications) {
    const one = await at.client({ namespace: String(namespace) });
    t.match(await one.next('connect_error'), { message: 'Internal error', data: undefined });
  }
  t.same(faults, ['TypeError', 'TypeError']);
});
