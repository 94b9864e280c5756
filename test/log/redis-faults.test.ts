import t, { type Test } from 'tap';
import { everybody, type Mail } from '../../server/log/nodes.ts';
import { openRedisLog } from '../../server/log/redis.ts';
import { noRedis, startRedis, type TestRedis, until } from '../support/redis.ts';
import { startProxy } from '../support/tcp-proxy.ts';
import { type Heard, hearersOf, logOn, open } from './redis-opening.ts';

t.setTimeout(300_000);

/** All that is stored of a room. */
async function stored(t: Test, redis: TestRedis, roomId = 'room'): Promise<string[]> {
  const log = await logOn(t, redis);
  const room = await log.open(roomId, () => {});
  const entries = await room.read(1, 100_000);
  await log.close();
  return [...(entries ?? [])];
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: { code?: string; name: string }) => error.code ?? error.name,
  );
}

t.test('a log on Redis that is in trouble', { skip: noRedis }, async (t) => {
  t.test('two nodes that write at once see the same batches in one order', async (t) => {
    const redis = await startRedis(t);
    const [a, b] = [await open(await logOn(t, redis)), await open(await logOn(t, redis))];
    t.equal(a.room.epoch, b.room.epoch);
    const write = async ({ room }: Heard, name: string) => {
      for (let round = 0; round < 200; round++) await room.append([`${name}${round}`, `${name}${round}'`]);
    };
    await Promise.all([write(a, 'a'), write(b, 'b')]);
    await until(() => a.entries.length === 800 && b.entries.length === 800);
    t.same(a.entries, b.entries);
    t.same([...a.faults, ...b.faults], []);
    t.same(await stored(t, redis), a.entries);
    t.ok(a.entries.indexOf('b0') < a.entries.indexOf('a199'), 'they wrote at once');
  });

  t.test('messages that were lost on the way are read before anything else is handed on', async (t) => {
    const redis = await startRedis(t);
    const [a, b] = [await open(await logOn(t, redis)), await open(await logOn(t, redis))];
    for (let round = 0; round < 300; round++) {
      if (round % 50 === 25) await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await a.room.append([`${round}`]);
      if (round % 10 === 0) await b.room.append([`b${round}`]);
    }
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await a.room.append(['the last one']);
    await until(() => b.entries.at(-1) === 'the last one', 'what nobody told');
    t.same(b.entries, a.entries);
    t.same([...a.faults, ...b.faults], []);
  });

  t.test('an append is stored once however its connection is cut, and known afterwards', async (t) => {
    const redis = await startRedis(t, { appendonly: 'no' });
    const proxy = await startProxy(t, redis.port);
    const seed = Math.floor(Math.random() * 2 ** 31);
    t.comment(`seed ${seed}`);
    let state = seed;
    const random = () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state / 2 ** 32;
    };
    const a = await open(await logOn(t, { url: `redis://127.0.0.1:${proxy.port}` }, { timeoutMs: 5000 }));
    const b = await open(await logOn(t, redis));
    let writing = true;
    const trouble = (async () => {
      while (writing) {
        await new Promise((resolve) => setTimeout(resolve, random() * 40));
        const kind = random();
        if (kind < 0.5) proxy.pass('answers', false);
        else if (kind < 0.7) proxy.pass('questions', false);
        await new Promise((resolve) => setTimeout(resolve, random() * 20));
        if (kind < 0.9) proxy.cut();
        proxy.pass('answers', true);
        proxy.pass('questions', true);
      }
    })();
    const outcomes = new Map<string, string>();
    for (let round = 0; round < 150; round++) {
      const entry = `a${round}`;
      outcomes.set(entry, await codeOf(a.room.append([entry])));
      if (round % 5 === 0) await b.room.append([`b${round}`]);
    }
    writing = false;
    await trouble;
    await a.room.append(['end']);
    await until(() => b.entries.at(-1) === 'end' && a.entries.at(-1) === 'end');
    const all = await stored(t, redis);
    t.equal(new Set(all).size, all.length, 'nothing is there twice');
    for (const [entry, outcome] of outcomes) {
      if (outcome === 'none') t.ok(all.includes(entry), `${entry} was acknowledged`);
      else if (outcome === 'LOG_UNAVAILABLE') t.notOk(all.includes(entry), `${entry} was refused`);
      else t.equal(outcome, 'LOG_UNCERTAIN');
    }
    t.same(a.entries, all);
    t.same(b.entries, all);
    t.same([...a.faults, ...b.faults], []);
  });

  t.test('an append without an answer is uncertain, and heard of when it was stored', async (t) => {
    const redis = await startRedis(t);
    const proxy = await startProxy(t, redis.port);
    const log = await logOn(t, { url: `redis://127.0.0.1:${proxy.port}` }, { timeoutMs: 300 });
    const a = await open(log);
    await a.room.append(['first']);
    proxy.pass('answers', false);
    const mine = ['unanswered'];
    await t.rejects(a.room.append(mine), { code: 'LOG_UNCERTAIN', retryable: false });
    t.equal(log.writable(), false);
    t.same(a.entries, ['first']);
    proxy.cut();
    proxy.pass('answers', true);
    await until(() => a.entries.length === 2);
    t.equal(a.arrays[1], mine, 'known as its own');
    await a.room.append(['next']);
    t.same(await stored(t, redis), ['first', 'unanswered', 'next']);
    await until(() => log.writable());
  });

  t.test('an append without an answer is stored once, however often it is made', async (t) => {
    const redis = await startRedis(t);
    const proxy = await startProxy(t, redis.port);
    const a = await open(await logOn(t, { url: `redis://127.0.0.1:${proxy.port}` }, { timeoutMs: 300 }));
    await a.room.append(['first']);
    proxy.pass('answers', false);
    const mine = ['unanswered'];
    for (let times = 0; times < 2; times++) await t.rejects(a.room.append(mine), { name: 'LogError' });
    proxy.cut();
    proxy.pass('answers', true);
    await until(async () => (await codeOf(a.room.append(mine))) === 'none');
    t.same(await stored(t, redis), ['first', 'unanswered']);
    t.same(a.arrays.slice(1), [mine]);
    await a.room.append(['unanswered']);
    t.equal(a.entries.length, 3, 'another that says the same is another');
  });

  t.test('an append that was stored and dropped since is not stored again', async (t) => {
    const redis = await startRedis(t);
    const proxy = await startProxy(t, redis.port);
    const a = await open(await logOn(t, { url: `redis://127.0.0.1:${proxy.port}` }, { timeoutMs: 20_000 }));
    const b = await open(await logOn(t, redis));
    await a.room.append(['first']);
    proxy.pass('answers', false);
    const unanswered = codeOf(a.room.append(['once']));
    await until(() => b.entries.length === 2);
    // More than is kept for nodes that are behind.
    await b.room.append(Array.from({ length: 1200 }, (_, n) => `${n}`));
    await b.room.compact({ offset: 1202, state: 'of both' }, 1202);
    proxy.cut();
    proxy.pass('answers', true);
    t.equal(await unanswered, 'LOG_UNCERTAIN');
    await b.room.append(['end']);
    t.same(b.entries.slice(1202), ['end']);
  });

  t.test('what was never sent is refused as not stored, within the time that was set', async (t) => {
    const redis = await startRedis(t);
    const proxy = await startProxy(t, redis.port);
    const log = await logOn(t, { url: `redis://127.0.0.1:${proxy.port}` }, { timeoutMs: 300 });
    const a = await open(log);
    proxy.accept(false);
    proxy.cut();
    await until(() => !log.writable());
    await t.rejects(a.room.append(['x']), { code: 'LOG_UNAVAILABLE' });
    const begun = performance.now();
    await t.rejects(a.room.append(['y']), { code: 'LOG_UNAVAILABLE' });
    t.ok(performance.now() - begun < 250, 'who comes later does not wait anew');
    await t.rejects(
      log.open('other', () => {}),
      { code: 'LOG_UNAVAILABLE' },
    );
    proxy.accept(true);
    await until(() => log.writable());
    await a.room.append(['z']);
    t.same(await stored(t, redis), ['z']);
  });

  t.test('kill -9 of Redis with appendfsync always loses and doubles nothing acknowledged', async (t) => {
    const redis = await startRedis(t);
    const [a, b] = [
      await open(await logOn(t, redis, { timeoutMs: 20_000 })),
      await open(await logOn(t, redis, { timeoutMs: 20_000 })),
    ];
    const acknowledged: string[] = [];
    let writing = true;
    const write = async ({ room }: Heard, name: string) => {
      for (let round = 0; writing; round++) {
        await room.append([`${name}${round}`]);
        acknowledged.push(`${name}${round}`);
      }
    };
    const writers = [write(a, 'a'), write(b, 'b')];
    for (let round = 0; round < 4; round++) {
      const enough = acknowledged.length + 40;
      await until(() => acknowledged.length > enough);
      await redis.crash();
      await redis.start();
    }
    writing = false;
    await Promise.all(writers);
    const all = await stored(t, redis);
    t.same([...all].sort(), [...acknowledged].sort());
    await until(() => a.entries.length === all.length && b.entries.length === all.length);
    t.same(a.entries, all);
    t.same(b.entries, all);
    t.same([...a.faults, ...b.faults], []);
  });

  t.test('a Redis that refuses writes refuses appends and nothing else, until it does no more', async (t) => {
    const redis = await startRedis(t);
    const log = await logOn(t, redis, { timeoutMs: 200 });
    const { room } = await open(log);
    await room.append(['first', 'second']);
    const troubles: [begin: string[], end: string[]][] = [
      [
        ['CONFIG', 'SET', 'maxmemory', '1'],
        ['CONFIG', 'SET', 'maxmemory', '0'],
      ],
      [
        ['REPLICAOF', '127.0.0.1', '1'],
        ['REPLICAOF', 'NO', 'ONE'],
      ],
      [
        ['CONFIG', 'SET', 'min-replicas-to-write', '1'],
        ['CONFIG', 'SET', 'min-replicas-to-write', '0'],
      ],
    ];
    for (const [begin, end] of troubles) {
      await redis.command(...begin);
      t.equal(await codeOf(room.append(['refused'])), 'LOG_UNAVAILABLE', begin.join(' '));
      t.equal(log.writable(), false);
      t.same(await room.read(1, 1), ['first']);
      await redis.command(...end);
      await until(() => log.writable());
      await room.append([begin.join(' ')]);
    }
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    await room.compact({ offset: 2, state: 's' }, 2);
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    t.same(await stored(t, redis), [], 'entries that a snapshot holds can be dropped also then');
    t.same(
      await room.read(3, 10),
      troubles.map(([begin]) => begin.join(' ')),
    );
  });

  t.test('a Redis that hangs is given up, and used again when it answers', async (t) => {
    const redis = await startRedis(t);
    const log = await logOn(t, redis, { timeoutMs: 300 });
    const a = await open(log);
    await a.room.append(['first']);
    redis.signal('SIGSTOP');
    t.equal(await codeOf(a.room.append(['hanging'])), 'LOG_UNCERTAIN');
    t.equal(log.writable(), false);
    redis.signal('SIGCONT');
    await until(() => log.writable());
    await a.room.append(['next']);
    const all = await stored(t, redis);
    await until(() => a.entries.length === all.length);
    t.same(a.entries, all);
    t.ok(all.filter((one) => one === 'hanging').length <= 1);
  });

  t.test('the younger snapshot stays, and those who are behind can still read on', async (t) => {
    const redis = await startRedis(t);
    const proxy = await startProxy(t, redis.port);
    const [a, b] = [await open(await logOn(t, redis)), await open(await logOn(t, redis))];
    const behind = await open(await logOn(t, { url: `redis://127.0.0.1:${proxy.port}` }));
    for (let round = 1; round <= 5; round++) await a.room.append([`${round}`]);
    await until(() => behind.entries.length === 5);
    proxy.accept(false);
    proxy.cut();
    for (let round = 6; round <= 20; round++) await a.room.append([`${round}`]);
    await until(() => b.entries.length === 20);
    await b.room.compact({ offset: 15, state: 'younger' }, 15);
    await t.rejects(a.room.compact({ offset: 10, state: 'older' }, 10), RangeError);
    await b.room.append(['21']);
    await until(() => a.entries.length === 21);
    proxy.accept(true);
    await until(() => behind.entries.length === 21);
    t.same(behind.entries, a.entries);
    t.same(behind.faults, []);
    const again = await (await logOn(t, redis)).open('room', () => {});
    t.same(again.snapshot, { offset: 15, state: 'younger' });
    t.same(again.tail, ['16', '17', '18', '19', '20', '21']);
  });

  t.test('a room in which another node has written is not forgotten', async (t) => {
    const redis = await startRedis(t);
    const proxy = await startProxy(t, redis.port);
    const a = await open(await logOn(t, { url: `redis://127.0.0.1:${proxy.port}` }, { timeoutMs: 5000 }));
    const b = await open(await logOn(t, redis));
    // It drops without having heard of what was appended.
    proxy.pass('answers', false);
    await b.room.append(['from b']);
    const dropped = a.room.drop();
    await new Promise((resolve) => setTimeout(resolve, 100));
    t.same(a.entries, []);
    proxy.pass('answers', true);
    await dropped;
    const all = await stored(t, redis);
    t.same(all, ['from b']);
    await b.room.append(['more']);
    t.same(await stored(t, redis), ['from b', 'more']);
  });

  t.test('who holds a room that another node has dropped learns that it has ended', async (t) => {
    const redis = await startRedis(t);
    const a = await open(await logOn(t, redis));
    const ended: unknown[] = [];
    const logB = await logOn(t, redis);
    const b = await open(logB, 'room', { onEnded: (error) => ended.push(error) });
    await a.room.drop();
    t.equal(await codeOf(b.room.append(['x'])), 'LOG_UNAVAILABLE');
    t.match(ended, [{ code: 'LOG_UNAVAILABLE' }]);
    const again = await open(logB);
    t.not(again.room.epoch, b.room.epoch);
    await again.room.append(['x']);
    t.same(again.entries, ['x']);
  });

  t.test(
    'a room that is opened anew as soon as its opening has ended hears the others as before',
    async (t) => {
      const redis = await startRedis(t);
      const heard: string[] = [];
      const logs = [await logOn(t, redis), await logOn(t, redis)] as const;
      const again: Promise<Heard>[] = [];
      const opened = await Promise.all(
        logs.map((log, index) =>
          open(log, 'room', {
            onEnded: () => {
              again[index] = open(log, 'room', { onTold: (text) => void heard.push(`${index}: ${text}`) });
            },
          }),
        ),
      );
      await redis.command('FLUSHALL');
      for (const { room } of opened) await room.append(['x']).catch(() => {});
      await until(() => again.filter(() => true).length === 2);
      const [a, b] = await Promise.all(again);
      const hearers = async () => String(await redis.command('PUBSUB', 'SHARDNUMSUB', 'tandem:{room}:live'));
      await until(async () => (await hearers()).endsWith(',2'));
      a?.room.tell?.('from a');
      b?.room.tell?.('from b');
      await until(() => heard.length === 2);
      t.same([...heard].sort(), ['0: from b', '1: from a']);
    },
  );

  t.test('a room that is left while Redis is away is not heard any more', async (t) => {
    const redis = await startRedis(t);
    const proxy = await startProxy(t, redis.port);
    const log = await logOn(t, { url: `redis://127.0.0.1:${proxy.port}` });
    const { room } = await open(log);
    await open(log, 'other');
    const hearers = (roomId: string) => hearersOf(redis, roomId);
    t.same([await hearers('room'), await hearers('other')], [1, 1]);
    proxy.accept(false);
    proxy.cut();
    await until(async () => (await hearers('other')) === 0);
    await room.close();
    proxy.accept(true);
    await until(async () => (await hearers('other')) === 1, 'it hears the other again');
    await until(async () => (await hearers('room')) === 0, 'it has left the one');
  });

  t.test('nodes tell each other what need not be kept', async (t) => {
    const redis = await startRedis(t);
    const heard: string[] = [];
    const hear = (name: string) => ({ onTold: (text: string) => void heard.push(`${name}: ${text}`) });
    const a = await open(await logOn(t, redis), 'room', hear('a'));
    await open(await logOn(t, redis), 'room', hear('b'));
    await open(await logOn(t, redis), 'other', hear('c'));
    a.room.tell?.('hello\nthere ö');
    await a.room.append(['x']);
    await until(() => heard.length > 0);
    t.same(heard, ['b: hello\nthere ö']);
  });

  t.test('who uses another database of the same Redis is not heard', async (t) => {
    const redis = await startRedis(t);
    const heard: string[] = [];
    const ends: { tell?: ((text: string) => void) | undefined; mail: Mail | undefined }[] = [];
    for (const [index, database] of ['', '/0', '/1', '/1'].entries()) {
      const log = await openRedisLog({ url: `${redis.url}${database}` });
      t.teardown(() => log.close());
      const hear = (what: unknown) => void heard.push(`${index} hears ${what}`);
      const { room } = await open(log, 'room', { onTold: hear });
      const { mail } = await log.join({
        nodeId: `node ${index}`,
        onGone() {},
        onLeft: async () => true,
        onMail: hear,
      });
      ends.push({ tell: room.tell, mail });
    }
    for (const [index, { tell, mail }] of ends.entries()) {
      tell?.(`word of ${index}`);
      await mail?.send(everybody, Buffer.from(`mail of ${index}`));
    }
    const expected = [
      ...['0 hears mail of 0', '0 hears mail of 1', '0 hears word of 1'],
      ...['1 hears mail of 0', '1 hears mail of 1', '1 hears word of 0'],
      ...['2 hears mail of 2', '2 hears mail of 3', '2 hears word of 3'],
      ...['3 hears mail of 2', '3 hears mail of 3', '3 hears word of 2'],
    ];
    await until(() => heard.length >= expected.length);
    t.same(heard.sort(), expected);
  });

  t.test('what is damaged, foreign or of another kind is refused and not changed', async (t) => {
    const redis = await startRedis(t);
    const log = await logOn(t, redis);
    const key = (part: string, roomId: string) => `tandem:{${roomId}}:${part}`;
    const damages: [string, (roomId: string) => string[]][] = [
      ['a record that is no hash', (id) => ['SET', key('log', id), 'x']],
      ['a record of something else', (id) => ['HSET', key('log', id), 'format', '7']],
      ['a record without an epoch', (id) => ['HDEL', key('log', id), 'epoch']],
      ['an offset that is no number', (id) => ['HSET', key('log', id), 'next', 'many']],
      ['a batch that is missing', (id) => ['XDEL', key('entries', id), '2-1']],
      ['the last batch missing', (id) => ['XDEL', key('entries', id), '4-2']],
      ['no entries at all', (id) => ['DEL', key('entries', id)]],
      ['entries without a record', (id) => ['DEL', key('log', id)]],
      ['a snapshot that is missing', (id) => ['DEL', key('snapshot', id)]],
      ['a snapshot that was changed', (id) => ['SETRANGE', key('snapshot', id), '6', 'X']],
      ['a stream that is none', (id) => ['SET', key('entries', id), 'x']],
      ['a foreign batch', (id) => ['XADD', key('entries', id), '5-1', 'some', 'thing']],
    ];
    for (const [what, damage] of damages) {
      const { room } = await open(log, what);
      for (const batch of [['1'], ['2'], ['3', '4']]) await room.append(batch);
      await room.compact({ offset: 1, state: 'state' }, 0);
      await room.close();
      await redis.command(...damage(what));
      const dump = () => redis.command('DUMP', key('log', what));
      const before = await dump();
      t.equal(await codeOf(log.open(what, () => {})), 'LOG_CORRUPT', what);
      t.same(await dump(), before);
    }
  });
});
