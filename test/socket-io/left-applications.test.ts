import t from 'tap';
import type { Application, ApplicationSocket, Broadcasts } from '../../server/index.ts';
import { onEach, Person, type SocketStage } from './stage.ts';

/** A namespace whose clients are kept, and one that answers: what was sent before has come then. */
function applications() {
  const sockets: ApplicationSocket[] = [];
  const left: Promise<void>[] = [];
  let everybody: Broadcasts | undefined;
  const chess: Application = {
    namespace: '/chess',
    connected(socket, all) {
      everybody = all;
      sockets.push(socket);
      left.push(new Promise((resolve) => socket.onDisconnect(resolve)));
    },
  };
  const root: Application = {
    namespace: '/',
    connected: (socket) => void socket.on('ping me', (answer: () => void) => answer()),
  };
  const say = (what: string) => {
    everybody?.emit('moved', `${what} to all`);
    everybody?.to('lobby').emit('moved', `${what} in the lobby`);
  };
  return { sockets, left, say, applications: [chess, root] };
}

/** A client in both, and all that it gets of what is said, whether its library passes it on or not. */
async function inBoth(at: SocketStage) {
  const root = await at.client();
  const chess = new Person(root.socket.io.socket('/chess', {}));
  chess.socket.connect();
  await chess.next('connect');
  const got: string[] = [];
  root.socket.io.engine.on('message', (data) => {
    const [said] = /[^"]* (?:to all|in the lobby)/.exec(String(data)) ?? [];
    if (said !== undefined) got.push(said);
  });
  return { root, chess, got };
}

const ways = { 'has left': 'disconnect', 'was sent out of': 'kick' } as const;
for (const [how, way] of Object.entries(ways)) {
  onEach(t, `who ${how} a namespace hears no more of it`, async (t, start) => {
    const { sockets, left, say, applications: served } = applications();
    const at = await start({}, { applications: served });
    const { root, chess, got } = await inBoth(at);
    sockets[0]?.join('lobby');
    say('before');
    if (way === 'kick') sockets[0]?.disconnect();
    else chess.socket.disconnect();
    await left[0];
    say('after');
    sockets[0]?.join('lobby');
    say('joined late');
    await root.ask('ping me');
    t.same(got, ['before to all', 'before in the lobby']);
    if (way === 'kick') await chess.next('disconnect');
    chess.socket.connect();
    await chess.next('connect');
    say('again');
    sockets[1]?.join('lobby');
    sockets[0]?.leave('lobby');
    say('at last');
    await root.ask('ping me');
    t.same(got.slice(2), ['again to all', 'at last to all', 'at last in the lobby']);
  });
}

onEach(t, 'what is said too late to who has left disturbs none of its other namespaces', async (t, start) => {
  let answer: ((answered: string) => void) | undefined;
  let asked = () => {};
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  let left = () => {};
  const hasLeft = new Promise<void>((resolve) => {
    left = resolve;
  });
  const slow: Application = {
    namespace: '/slow',
    connected(socket) {
      socket.on('ask', (answered: (answered: string) => void) => {
        answer = answered;
        asked();
      });
      socket.onDisconnect(() => {
        socket.emit('bye');
        answer?.('too late');
        left();
      });
    },
  };
  const { applications: served } = applications();
  const at = await start({}, { applications: [slow, ...served] });
  const root = await at.client();
  const client = root.socket.io.socket('/slow', {});
  client.connect();
  client.emit('ask', () => {});
  await isAsked;
  client.disconnect();
  await hasLeft;
  await root.ask('ping me');
  t.notOk(root.heard().includes('disconnect'));
});

onEach(t, 'who is sent off the server is told so in each namespace, and stays away', async (t, start) => {
  const clients: ApplicationSocket[] = [];
  const connected: Application['connected'] = (socket) => void clients.push(socket);
  const at = await start({}, { applications: [{ namespace: '/own', connected }] });
  const one = await at.client({ namespace: '/own' });
  const other = new Person(one.socket.io.socket('/scenes', {}));
  other.socket.connect();
  for (const each of [one, other]) await each.next('connect');
  const closed = new Promise((resolve) => one.socket.io.engine.once('close', resolve));
  clients[0]?.disconnect(true);
  for (const each of [one, other]) t.equal(await each.next('disconnect'), 'io server disconnect');
  await closed;
  t.notOk(one.socket.active || other.socket.active, 'they do not come back');
});
