import t, { type Test } from 'tap';
import { closeReason, Refusal } from '../../protocol/index.ts';
import { refusedStream } from '../../server/api/replies.ts';
import { encodeStreamEvent, readEventId } from '../../server/dialect/framings/event-stream.ts';
import type {
  Connection,
  ConnectionHandler,
  Handshake,
  HttpRequest,
} from '../../server/transport/connection.ts';
import { EventStream } from '../../server/transport/event-stream/event-stream.ts';
import { EventStreams } from '../../server/transport/event-stream/event-streams.ts';
import { type HttpClient, HttpClients } from '../../server/transport/event-stream/http-clients.ts';
import { createManualClock } from '../support/manual-clock.ts';

const MAX_BUFFERED = 100;

const handshake: Handshake = {
  path: '/',
  query: '',
  authorization: undefined,
  cookie: undefined,
  origin: undefined,
  host: undefined,
  address: '127.0.0.1',
  protocol: '',
  stream: [],
};

/** Streams whose handler notes what it is told, and writes as it is wanted. */
function stage(t: Test, handler: Partial<ConnectionHandler> = {}) {
  const told: string[] = [];
  let ids = 0;
  const streams = new EventStreams({
    clock: createManualClock(),
    heartbeatMs: 1000,
    maxBufferedBytes: MAX_BUFFERED,
    maxMessageBytes: MAX_BUFFERED,
    newId: () => `${++ids}`,
    random: () => 0,
    onGoodbye: () => false,
    handler: {
      selectProtocol: () => '',
      opened: () => {},
      received: () => {},
      dropped: (_, frame) => told.push(`dropped ${Buffer.from(frame)}`),
      drained: () => told.push('drained'),
      closed: (_, code, clean) => told.push(`closed ${code} ${clean}`),
      ...handler,
    },
  });
  t.teardown(() => streams.close());
  return { streams, told };
}

/** A body that takes nothing as long as it is stalled. */
function sink(stream: EventStream) {
  const written: string[] = [];
  let waiting: string[] = [];
  let isStalled = false;
  stream.opened({
    write(chunk) {
      (isStalled ? waiting : written).push(chunk.toString());
      return !isStalled;
    },
    bufferedBytes: () => waiting.reduce((sum, one) => sum + one.length, 0),
    end: () => written.push('END'),
    destroy: () => written.push('BROKEN'),
  });
  return {
    written,
    stall() {
      isStalled = true;
    },
    read() {
      isStalled = false;
      written.push(...waiting);
      waiting = [];
      stream.drained();
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

t.test('what comes before the response has begun waits for it, in its order', async (t) => {
  const { streams } = stage(t);
  const stream = streams.open(handshake, () => {});
  stream.subscribe('topic');
  t.equal(stream.send('one'), 'sent');
  streams.publish('topic', 'two', undefined);
  const { written } = sink(stream);
  stream.send('three');
  t.same(written, ['retry: 1000\n\n', 'one', 'two', 'three']);
});

t.test('[ES10] a frame that does not fit is reported, and nothing overtakes that', async (t) => {
  const { streams, told } = stage(t);
  const stream = streams.open(handshake, () => {});
  stream.subscribe('topic');
  const out = sink(stream);
  out.stall();
  const large = 'x'.repeat(MAX_BUFFERED + 1);
  t.equal(stream.send(large), 'buffered');
  streams.publish('topic', 'lost', undefined);
  streams.publish('topic', 'lost, too', undefined);
  t.equal(stream.send('direct'), 'dropped');
  out.read();
  t.same(told, ['dropped lost', 'drained'], 'the loss is told before it is over');
  t.equal(stream.send('direct'), 'sent');
  t.same(out.written.slice(1), [large, 'direct']);
  await turn();
  t.equal(told.length, 2);
});

t.test(
  '[ES11] a stream that is opened while the server goes down is told so, and when to come back',
  async (t) => {
    const { streams } = stage(t, {
      opened: (connection) => connection.close(4000, closeReason('SHUTDOWN', { retryAfterMs: 123 })),
    });
    const clients = new HttpClients(streams, undefined);
    const request = { path: '/', headers: {}, address: '', aborted: new AbortController().signal };
    const client: HttpClient = {
      request: request as unknown as HttpRequest,
      roomId: 'r',
      clientId: 'c',
      userId: 'ada',
      token: undefined,
      user: {},
    };
    const refused = await clients.open(client, { topics: [], viewing: [], lastEventId: undefined });
    t.match(refused, { ok: false, code: 'SHUTTING_DOWN', retryAfterMs: 123 });
    const refusal = new Refusal('SHUTTING_DOWN', { retryAfterMs: 123 });
    const { status, body } = refusedStream(refusal, client.request);
    t.equal(status, 200, 'whoever asks');
    t.match(
      body,
      /^retry: 123\nevent: close\ndata: \{"code":"SHUTDOWN",.*"reconnect":true,"retryAfterMs":123\}\n\n$/,
    );
    t.match(await clients.post(client, { type: 'heartbeat' }), { ok: false, code: 'SHUTTING_DOWN' });
  },
);

t.test('[ES8] what a post has become whose stream ends before its answer is not known', async (t) => {
  const { streams, told } = stage(t);
  const stream = streams.open(handshake, () => {});
  const answer = stream.ask({ type: 'heartbeat' });
  stream.closed();
  t.equal(await answer, undefined);
  t.match(await stream.ask({ type: 'heartbeat' }), { ok: false, code: 'OVERLOADED' }, 'and of one after it');
  t.same(told, ['closed 1006 false']);
  stream.terminate();
  stream.close(4000, closeReason('SHUTDOWN'));
  t.equal(told.length, 1, 'it ends once');
});

t.test('who sent a frame that is published is left out', async (t) => {
  const { streams } = stage(t);
  const [one, other] = [0, 1].map(() => streams.open(handshake, () => {})) as [EventStream, EventStream];
  const outs = [one, other].map((stream) => {
    stream.subscribe('topic');
    return sink(stream);
  });
  streams.publish('topic', 'said', one as Connection);
  t.same(
    outs.map(({ written }) => written.includes('said')),
    [false, true],
  );
  t.ok(one instanceof EventStream);
});

t.test('[ES5] no field of an event begins another one', async (t) => {
  const evil = 'a\nb\r\nc\rd\u0000';
  t.equal(
    encodeStreamEvent({ id: evil, event: evil, data: evil }, 1.4),
    `retry: 1\nid: a b  c d \nevent: a b  c d \ndata: ${JSON.stringify(evil)}\n\n`,
  );
  t.equal(encodeStreamEvent({ event: 'e', data: undefined }), 'event: e\ndata: null\n\n');
});

t.test('[ES2] ids of other servers are none', async (t) => {
  t.same(readEventId('abc:12'), { epoch: 'abc', version: 12 });
  t.same(readEventId('abc:12:34'), { epoch: 'abc', version: 12, offset: 34 });
  for (const id of [
    undefined,
    '',
    '12',
    'abc:',
    ':1',
    'a:-1',
    'a:1.5',
    'a:1:2:3',
    `a:${'9'.repeat(20)}`,
    'a b:1',
  ]) {
    t.equal(readEventId(id), undefined, String(id));
  }
});
