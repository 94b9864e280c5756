import t from 'tap';
import { tokenOf } from '../socket-io/stage.ts';
import { add, breakOff, onBoth, type Reader, type StreamStage } from './stage.ts';

t.setTimeout(550_000);

/** Messages of a native stream, which have no names: each event is one frame of `tandem.v1`. */
// biome-ignore lint/suspicious/noExplicitAny: messages of every shape
function messagesOf(stream: Reader): any[] {
  const frames = stream.text.split('\n\n').filter((one) => one.startsWith('data: '));
  return frames.flatMap((one) => JSON.parse(one.slice('data: '.length)));
}

async function heard(stream: Reader, fits: Record<string, unknown>) {
  for (const begun = performance.now(); performance.now() - begun < 100_000; ) {
    const entries = Object.entries(fits);
    const found = messagesOf(stream).find((one) => entries.every(([name, value]) => one[name] === value));
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`never came: ${JSON.stringify(fits)}; heard ${stream.text}`);
}

async function connected(at: StreamStage, as?: string) {
  const stream = await at.open('/ws/events', as === undefined ? {} : { as });
  const { key } = (await stream.next('open')).data;
  const to = async (path: string, body: string) =>
    (await fetch(at.url(path), { method: 'POST', body, headers: { 'content-type': 'text/plain' } })).status;
  const post = (...messages: (object | string)[]) => {
    const lines = messages.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
    return to('/ws/events', [key, ...lines].join('\n'));
  };
  return { stream, key, post, end: () => to('/ws/events/end', key) };
}

onBoth(t, '[ES13] what a WebSocket would carry comes as an event stream', async (t, start) => {
  const at = await start({ AUTH: 'required' });
  const ada = await connected(at, 'ada');
  t.match(ada.stream.response.headers.get('content-type'), /^text\/event-stream/);
  t.match(messagesOf(ada.stream)[0] ?? (await heard(ada.stream, { type: 'welcome' })), {
    type: 'welcome',
    userId: 'ada',
    heartbeatMs: Number,
    limits: Object,
  });
  t.equal(await ada.post({ type: 'join', roomId: 'r', ref: 1, scene: true }), 204);
  t.match(await heard(ada.stream, { type: 'ack', ref: 1 }), { op: 'join', epoch: String });
  const ben = await connected(at, 'ben');
  const both = [
    { type: 'join', roomId: 'r', ref: 1 },
    { type: 'join', roomId: 's', ref: 2 },
  ];
  t.equal(await ben.post(...both), 204);
  await heard(ben.stream, { type: 'ack', ref: 1, roomId: 'r' });
  await heard(ben.stream, { type: 'ack', ref: 2, roomId: 's' });
  const operations = ['a', 'b'].map((id) => ({
    type: 'sceneOperation',
    roomId: 'r',
    opId: id,
    operation: add(id),
  }));
  t.equal(await ada.post(...operations), 204);
  for (const one of [ada, ben]) t.match(await heard(one.stream, { type: 'sceneDelta' }), { fromVersion: 0 });
  t.match(await heard(ada.stream, { type: 'ack', opId: 'b' }), { version: 2 });
  t.equal(await ada.post({ type: 'cursor', roomId: 'r', position: { x: 1, y: 2 } }), 204);
  t.match(await heard(ben.stream, { type: 'cursor' }), { userId: 'ada', position: { x: 1, y: 2 } });
  ada.stream.close();
});

onBoth(t, '[ES13] who is refused is told by a status; a close is the last event', async (t, start) => {
  const at = await start({ AUTH: 'required' });
  for (const [ask, status, code] of [
    [{}, 401, 'UNAUTHENTICATED'],
    [{ token: 'forged' }, 401, 'TOKEN_INVALID'],
    [{ headers: { cookie: 'token=x', origin: 'https://evil.example' } }, 403, 'FORBIDDEN'],
  ] as const) {
    const refused = await at.open('/ws/events', ask);
    t.equal(refused.response.status, status);
    await refused.ended();
    t.match(JSON.parse(refused.text), { code });
  }
  const ada = await connected(at, 'ada');
  await at.post('/api/users/ada/disconnect', undefined, { token: await tokenOf('b', { scope: 'publish' }) });
  t.match(await ada.stream.next('close'), { data: { code: 'KICKED', reconnect: false } });
  await ada.stream.ended();
  t.equal(await ada.post({ type: 'heartbeat' }), 404, 'the connection is over');
  const ben = await connected(at, 'ben');
  await at.server.close();
  t.match(await ben.stream.next('close'), {
    data: { code: 'SHUTDOWN', reconnect: true, retryAfterMs: Number },
  });
});

onBoth(t, '[ES14] posts are messages, refused one by one, and only by the key', async (t, start) => {
  const at = await start();
  const { stream, key, post } = await connected(at);
  t.ok(key.length >= 22);
  const join = { type: 'join', roomId: 'r', user: { userId: 'ada' }, ref: 'j' };
  t.equal(await post(join, 'not JSON', { type: 'nothing', ref: 'n' }, '[1]'), 204);
  await heard(stream, { type: 'ack', ref: 'j' });
  t.match(await heard(stream, { code: 'NOT_JSON' }), { type: 'error' });
  t.match(await heard(stream, { code: 'UNKNOWN_TYPE' }), { ref: 'n' });
  await heard(stream, { code: 'NOT_AN_OBJECT' });
  const large = { type: 'message', roomId: 'r', text: 'x'.repeat(70_000) };
  t.equal(await post(large, { type: 'message', roomId: 'r', text: 'small', ref: 'm' }), 204);
  await heard(stream, { code: 'MESSAGE_TOO_LARGE' });
  await heard(stream, { type: 'ack', ref: 'm' });
  const ask = (body: string) => fetch(at.url('/ws/events'), { method: 'POST', body });
  t.match(await (await ask(`${key}\n${'x'.repeat(1_100_000)}`)).json(), { code: 'MESSAGE_TOO_LARGE' });
  for (const wrong of ['', 'guessed', `${key}x`, `\n${JSON.stringify(join)}`]) {
    const response = await ask(wrong);
    t.match(await response.json(), { code: 'NOT_FOUND' });
    t.equal(response.status, 404);
  }
  t.equal(await post({ type: 'heartbeat', ref: 'h' }), 204);
  await heard(stream, { type: 'ack', op: 'heartbeat' });
});

onBoth(
  t,
  '[ES14] a goodbye ends the stay at once; one that breaks off keeps its place for the grace',
  async (t, start) => {
    const at = await start();
    const [ada, ben, cem] = [await connected(at), await connected(at), await connected(at)];
    const dan = await connected(at);
    for (const [one, userId] of [
      [ada, 'ada'],
      [ben, 'ben'],
      [cem, 'cem'],
      [dan, 'dan'],
    ] as const) {
      await one.post({ type: 'join', roomId: 'r', user: { userId }, ref: 'j' });
      await heard(one.stream, { type: 'ack', ref: 'j' });
    }
    const latest = () =>
      messagesOf(ada.stream)
        .filter((one) => one.type === 'presence')
        .at(-1)
        ?.users.map((one: { userId: string }) => one.userId)
        .sort();
    const until = async (users: string[]) => {
      while (latest()?.join() !== users.join()) await at.pass(16);
    };
    await until(['ada', 'ben', 'cem', 'dan']);
    await breakOff(at, dan.stream);
    t.equal(await dan.post({ type: 'heartbeat' }), 404);
    t.equal(await dan.end(), 204, 'and may say its goodbye behind that');
    t.equal(await dan.end(), 404);
    await until(['ada', 'ben', 'cem']);
    t.equal(await ben.end(), 204);
    t.equal(await ben.end(), 404);
    await ben.stream.ended();
    await until(['ada', 'cem']);
    cem.stream.close();
    await at.pass(2000, 100);
    t.same(latest(), ['ada', 'cem']);
    for (let beats = 0; beats < 4; beats++) {
      await ada.post({ type: 'heartbeat' });
      await at.pass(25_000, 1000);
    }
    await until(['ada']);
    t.pass('and goes when the grace is over');
  },
);
