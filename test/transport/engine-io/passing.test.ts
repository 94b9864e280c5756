import t from 'tap';
import { createPeers, type OpenPeers } from '../../../server/peers/create-peers.ts';
import type { Connection } from '../../../server/transport/connection.ts';
import { EngineSession } from '../../../server/transport/engine-io/session.ts';
import { createTestMail, type TestMail } from '../../support/mail.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/redis.ts';
import { type EngineStage, onEach, Poller, type StageOptions, type Start } from './stage.ts';

interface Nodes {
  readonly a: EngineStage;
  readonly b: EngineStage;
  readonly mail: TestMail;
  /** Of what nodes ask each other. */
  readonly clock: ManualClock;
  readonly peers: { readonly a: OpenPeers; readonly b: OpenPeers };
  /** A session of `a`, as a client has it whose requests all come to `b`. */
  opened(): Promise<{ session: Connection; atA: Poller; atB: Poller }>;
}

async function twoNodes(start: Start, given: StageOptions = {}): Promise<Nodes> {
  const mail = createTestMail();
  const clock = createManualClock();
  const create = (nodeId: string) => {
    const peers: OpenPeers = createPeers({
      ...{ nodeId, clock, timeoutMs: 5000, maxQuestions: 100, maxBytes: 1_000_000 },
      mail: mail.join(nodeId, (message) => peers.receive(message)),
    });
    return peers;
  };
  const peers = { a: create('a'), b: create('b') };
  const [a, b] = [await start({ ...given, peers: peers.a }), await start({ ...given, peers: peers.b })];
  return {
    ...{ a, b, mail, clock, peers },
    async opened() {
      const atA = await a.polling();
      const atB = new Poller(b.url(`EIO=4&transport=polling&sid=${atA.sid}`), atA.sid);
      return { session: await a.session(atA.sid), atA, atB };
    },
  };
}

const held = (session: Connection) =>
  until(() => session instanceof EngineSession && session.polling?.isHeld === true, 'a poll that is held');
const closed = async (at: EngineStage) => {
  const { code, clean } = await at.events.first('closed');
  return [code, clean];
};
const UNKNOWN = '400 {"code":1,"message":"Session ID unknown"}';
const UNREACHABLE =
  '503 {"code":100,"message":"The node of this session cannot be reached at present; try again"}';

onEach(t, '[ND5] polls and posts are answered by any node as by that of the session', async (t, start) => {
  const { a, b, opened } = await twoNodes(start);
  const { session, atA, atB } = await opened();
  t.match(session.id, /\.a$/, 'the id tells the node');
  const poll = atB.poll();
  await held(session);
  session.cork(() => {
    session.send('4grüße\n');
    session.send({ binary: Uint8Array.of(1, 2, 3) });
  });
  t.equal(await poll, '200 4grüße\n\x1ebAQID');
  session.send('4buffered');
  t.equal(await atB.poll(), '200 4buffered', 'one that need not wait');
  t.equal(await atB.post('4a\x1ebAQID\x1e4\x1e4grüße'), '200 ok');
  t.equal(await atA.post('4b'), '200 ok');
  t.equal(await atB.post('4c'), '200 ok');
  t.same(
    a.events.of('received').map(({ text }) => text),
    ['a', '010203', '', 'grüße', 'b', 'c'],
    'in order, text and bytes',
  );
  t.equal(b.events.all.length, 0, 'the other node has no session');
  t.equal(await atB.post('1'), '200 ok');
  t.same(await closed(a), [1000, true]);
});

onEach(t, '[ND5] each node says itself which pages may read its answers', async (t, start) => {
  const cors = { origins: ['https://app.example'], credentials: true };
  const { opened } = await twoNodes(start, { options: { cors } });
  const { session, atB } = await opened();
  session.send('4x');
  const headers = { origin: 'https://app.example' };
  const response = await fetch(atB.url, { headers });
  t.equal(response.headers.get('access-control-allow-origin'), 'https://app.example');
  t.equal(response.headers.get('access-control-allow-credentials'), 'true');
  t.equal(response.headers.get('content-type'), 'text/plain; charset=UTF-8');
  t.equal(response.headers.get('cache-control'), 'no-store');
});

onEach(t, '[ND5] what breaks the protocol does so at every node', async (t, start) => {
  const cases: [
    string,
    (at: Nodes, one: { atA: Poller; atB: Poller; session: Connection }) => Promise<void>,
  ][] = [
    [
      'two polls at once, through two nodes',
      async (at, { atA, atB, session }) => {
        const first = atA.poll();
        await held(session);
        t.equal(await atB.poll(), '400 {"code":3,"message":"Bad request"}');
        t.equal(await first, '200 1');
        t.same(await closed(at.a), [1002, false]);
        t.equal(await atB.poll(), UNKNOWN);
      },
    ],
    [
      'a body that is no payload',
      async (at, { atB }) => {
        t.equal(await atB.post('9'), '400 {"code":3,"message":"Bad request"}');
        t.same(await closed(at.a), [1002, false]);
      },
    ],
    [
      'a body that is too large',
      async (at, { atB }) => {
        t.equal(await atB.post(`4${'x'.repeat(2000)}`), '413 ');
        t.same(await closed(at.a), [1009, false]);
      },
    ],
    [
      'another method',
      async (at, { atB, atA }) => {
        const { status } = await fetch(atB.url, { method: 'PUT' });
        t.equal(status, 400);
        t.equal(await atA.post('4goes on'), '200 ok');
        t.equal(at.a.events.of('closed').length, 0);
      },
    ],
  ];
  for (const [what, run] of cases) {
    t.comment(what);
    const at = await twoNodes(start, { options: { maxPayloadBytes: 1000 } });
    await run(at, await at.opened());
  }
});

onEach(
  t,
  '[ND6] a WebSocket that would take over at another node is refused, and polling goes on',
  async (t, start) => {
    const { a, b, opened } = await twoNodes(start);
    const { session, atB } = await opened();
    const refused = await b.frames(`EIO=4&transport=websocket&sid=${session.id}`).refused();
    t.same(refused, { status: 400, body: '{"code":3,"message":"Bad request"}' });
    session.send('4a');
    t.equal(await atB.poll(), '200 4a');
    const upgrading = a.frames(`EIO=4&transport=websocket&sid=${session.id}`);
    (await upgrading.opened()).socket.send('2probe');
    t.same(await upgrading.until(1), ['3probe'], 'at its own node it is not');
  },
);

onEach(t, '[ND7] a session of a node that is gone is unknown, at once', async (t, start) => {
  const { b, mail, opened, peers } = await twoNodes(start);
  const { session, atB } = await opened();
  for (const sid of ['x', 'x.nobody', 'x.*', 'x.'])
    t.equal(await new Poller(b.url(`EIO=4&transport=polling&sid=${sid}`), sid).poll(), UNKNOWN);
  const poll = atB.poll();
  await held(session);
  mail.bury('a');
  peers.b.gone('a');
  t.equal(await poll, UNKNOWN, 'also where it dies meanwhile');
  t.equal(await atB.poll(), UNKNOWN);
  t.equal(await atB.post('4x'), UNKNOWN);
});

onEach(
  t,
  '[ND7] a session whose node cannot be reached is not unknown, and is there when it can be',
  async (t, start) => {
    const { a, clock, mail, opened } = await twoNodes(start);
    const { session, atB } = await opened();
    for (const how of ['unsent', 'unheard', 'unsure'] as const) {
      mail.fail('a', how);
      let answer: string | undefined;
      for (const ask of [() => atB.poll(), () => atB.post('4lost')]) {
        answer = undefined;
        void ask().then((text) => {
          answer = text;
        });
        await until(() => {
          clock.advance(100);
          return answer !== undefined;
        });
        t.equal(answer, UNREACHABLE, how);
      }
    }
    mail.fail('a', undefined);
    session.send('4a');
    t.equal(await atB.poll(), '200 4a');
    t.equal(await atB.post('4b'), '200 ok');
    t.same(
      a.events.of('received').map(({ text }) => text),
      ['b'],
      'what was refused was not done',
    );

    const poll = atB.poll();
    await held(session);
    mail.fail('b', 'unsent');
    session.send('4while it was away');
    mail.fail('b', undefined);
    let answer: string | undefined;
    void poll.then((text) => {
      answer = text;
    });
    await until(() => {
      clock.advance(50);
      return answer !== undefined;
    });
    t.equal(answer, '200 4while it was away', 'an answer waits until it can be handed over');
  },
);

onEach(t, '[ND8] a session whose client breaks off its poll at another node ends', async (t, start) => {
  const { a, opened } = await twoNodes(start);
  const { session, atB } = await opened();
  const abort = new AbortController();
  const poll = atB.poll({ signal: abort.signal }).catch(() => 'broken off');
  await held(session);
  abort.abort();
  t.equal(await poll, 'broken off');
  t.same(await closed(a), [1006, false]);
  t.equal(await atB.poll(), UNKNOWN);
});

onEach(t, '[ND8] a session ends whose poll was held by a node that died', async (t, start) => {
  const { a, mail, opened, peers } = await twoNodes(start);
  const one = await opened();
  const two = await opened();
  for (const { atB, session } of [one, two]) {
    atB.poll().catch(() => 'nobody answers it any more');
    await held(session);
  }
  mail.bury('b');
  one.session.send('4to nobody');
  t.same(await closed(a), [1006, false], 'as soon as there is something for it');
  peers.a.gone('b');
  await a.events.count('closed', 2);
  t.pass('or when it is known');
});

onEach(t, '[ND9] a node that goes down lets polls of other nodes go', async (t, start) => {
  const { a, b, opened } = await twoNodes(start);
  const { session, atA, atB } = await opened();
  const poll = atB.poll();
  await held(session);
  b.transport.stopListening();
  t.equal(await poll, '200 6');
  session.send('4a');
  t.equal(await atA.poll(), '200 4a', 'which go on elsewhere');
  t.equal(a.events.of('closed').length, 0);
});
