import t from 'tap';
import { closes } from '../../protocol/index.ts';
import { add, update } from '../native/person.ts';
import { breakOff, comeBack, type Person, startStage, tokenOf, ways } from '../socket-io/stage.ts';
import { connect } from '../support/client.ts';
import { noRedis, until } from '../support/redis.ts';
import { latest, nodesStage, people } from './stage.ts';

t.setTimeout(300_000);

t.test('one room on two nodes', { skip: noRedis }, async (t) => {
  t.test('[ND1] people of both see each other, one scene, one text, one talk', async (t) => {
    const at = await nodesStage(t);
    const [a, b] = [await at.node(), await at.node()];
    const [ada, ben] = [await at.member(a, 'ada'), await at.member(b, 'ben')];
    await Promise.all([people(ada, ['ada', 'ben']), people(ben, ['ada', 'ben'])]);
    t.match(await ada.ask(add('i', { n: 1 })), { type: 'ack', version: 1 });
    t.match(await ben.ask(update('i', { m: 2 }, { version: 1, opId: 'x' })), { type: 'ack', version: 2 });
    t.match(await ada.ask(update('i', { m: 3 }, { version: 1 })), {
      code: 'VERSION_CONFLICT',
      current: { m: 2 },
    });
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const who = index % 2 === 0 ? ada : ben;
        return who.ask(update('i', { [`p${index}`]: index }));
      }),
    );
    t.match(await ada.ask({ type: 'operation', documentId: 'd', operation: ['ab'], version: 0 }), {
      version: 1,
    });
    t.match(await ben.ask({ type: 'operation', documentId: 'd', operation: ['x'], version: 0 }), {
      version: 2,
    });
    await ben.ask({ type: 'message', text: 'hello', opId: 'm' });
    await ada.next(({ type, text }) => type === 'message' && text === 'hello');
    const [seenByAda, seenByBen] = [
      await ada.ask({ type: 'requestSync' }),
      await ben.ask({ type: 'requestSync' }),
    ];
    const { ref: _a, ...stateA } = seenByAda;
    const { ref: _b, ...stateB } = seenByBen;
    t.same(stateA, stateB);
    t.equal(stateA.version, 52);
    for (const one of [ada, ben]) {
      const versions = one.messages
        .filter(({ type }) => type === 'sceneDelta')
        .map(({ fromVersion, toVersion }) => [fromVersion, toVersion]);
      t.equal(versions.at(-1)?.[1], 52);
      t.same(
        versions.slice(1).filter(([from], index) => from !== versions[index]?.[1]),
        [],
        'contiguous',
      );
    }
  });

  t.test('[ND1] a lock is held by one of them, and passes on across nodes', async (t) => {
    const at = await nodesStage(t);
    const [a, b] = [await at.node(), await at.node()];
    const [ada, ben] = [await at.member(a, 'ada'), await at.member(b, 'ben')];
    await ada.ask(add('i'));
    await Promise.all([
      ada.ask({ type: 'select', planetId: 'i' }),
      ben.ask({ type: 'select', planetId: 'i' }),
    ]);
    const answers = [await ada.ask(update('i', { a: 1 })), await ben.ask(update('i', { b: 1 }))];
    t.same(answers.map(({ type }) => type).filter((type) => type === 'ack').length, 1);
    const [holder, other] = answers[0]?.type === 'ack' ? [ada, ben] : [ben, ada];
    await holder.ask({ type: 'leave' });
    await until(async () => (await other.ask(update('i', { c: 1 }))).type === 'ack');
  });

  t.test('[ND4] who comes back at the other node resumes at the version that it knows', async (t) => {
    const at = await nodesStage(t);
    const [a, b] = [await at.node(), await at.node()];
    const [ada, ben] = [await at.member(a, 'ada'), await at.member(b, 'ben')];
    const { epoch } = await ada.ask({ type: 'requestSync' });
    await ada.ask(add('i', { n: 1 }));
    await ada.ask({ type: 'select', planetId: 'i' });
    ada.socket.terminate();
    await ben.ask(update('j', {}));
    await ben.ask(add('j', { n: 2 }));
    const back = await at.member(b, 'ada', 'room', { since: { epoch, version: 1 } });
    const delta = await back.next(({ type }) => type === 'sceneDelta');
    t.match(delta, { fromVersion: 1, toVersion: 2 });
    t.equal(latest(back, 'sceneState'), undefined, 'not the whole');
    t.match(await ben.ask(update('i', { n: 3 })), { type: 'conflict' }, 'her lock came with her');
    const from = ben.messages.length;
    await back.ask({ type: 'leave' });
    await until(async () => (await ben.ask(update('i', { n: 4 }))).type === 'ack', 'the lock is let go of');
    await people(ben, ['ben'], from);
  });

  t.test('[ND4] [SL5] who comes back at the other node and may only read by then lets go', async (t) => {
    const at = await nodesStage(t);
    const [a, b] = [await at.node(), await at.node()];
    const [ada, ben] = [await at.member(a, 'ada'), await at.member(b, 'ben')];
    await ben.ask(add('i'));
    await ada.ask({ type: 'select', planetId: 'i' });
    ada.socket.terminate();
    t.match(await ben.ask(update('i', { n: 1 })), { type: 'conflict', lockedBy: 'ada' });
    const authorization = `Bearer ${await tokenOf('ada', { role: 'viewer' })}`;
    const back = await connect(b.port, { headers: { authorization } });
    t.teardown(() => back.socket.terminate());
    t.match(await back.ask({ type: 'join', roomId: 'room' }), { type: 'ack' });
    await until(async () => (await ben.ask(update('i', { n: 2 }))).type === 'ack', 'the lock is let go of');
  });

  t.test('[ND1] what points goes to both nodes, in one message per node and tick', async (t) => {
    const at = await nodesStage(t);
    const [a, b] = [await at.node({ TICK_MS: '50' }), await at.node({ TICK_MS: '50' })];
    const ada = await Promise.all(['ada', 'al', 'ann'].map((name) => at.member(a, name)));
    const ben = await at.member(b, 'ben');
    await people(ben, ['ada', 'al', 'ann', 'ben']);
    for (const one of [...ada, ben]) await one.ask({ type: 'join_viewer', planetId: 'p' });
    const published = async () =>
      Number(
        /cmdstat_spublish:calls=(\d+)/.exec(String(await at.redis.command('INFO', 'commandstats')))?.[1] ?? 0,
      );
    const before = await published();
    const begun = performance.now();
    for (let round = 1; round <= 100; round++) {
      for (const one of ada) one.send({ type: 'camera', planetId: 'p', camera: { zoom: round } });
      for (const one of ada) one.send({ type: 'cursor', position: [round, 0] });
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    for (const name of ['ada', 'al', 'ann']) {
      await ben.next(
        ({ type, userId, camera }) => type === 'camera' && userId === name && camera.zoom === 100,
      );
      await ben.next(
        ({ type, userId, position }) => type === 'cursor' && userId === name && position[0] === 100,
      );
    }
    const ticks = Math.ceil((performance.now() - begun) / 50) + 2;
    t.ok((await published()) - before <= ticks, 'at most one message for each tick');
    const late = await at.member(b, 'cleo');
    const from = late.messages.length;
    await late.ask({ type: 'join_viewer', planetId: 'p' });
    const cameras = await late.next(({ type }) => type === 'viewer_cameras', from);
    t.match(JSON.stringify(cameras), /"zoom":100/, 'also who comes later');
  });

  t.test('[VW3] [ND1] nor does anything of a viewer stay behind at the other one', async (t) => {
    const at = await nodesStage(t);
    const [a, b] = [await at.node({ TICK_MS: '500' }), await at.node()];
    const view = { type: 'join_viewer', planetId: 'p' };
    const camera = (zoom: number) => ({ type: 'camera', planetId: 'p', camera: { zoom } });
    const [ada, ben] = [await at.member(a, 'ada'), await at.member(b, 'ben')];
    for (const one of [ada, ben]) await one.ask(view);
    const seen = (zoom: number) => ben.next((one) => one.type === 'camera' && one.camera.zoom === zoom);
    /** Whose cameras somebody gets who comes to view there. */
    const shown = async (userId: string) => {
      const one = await at.member(b, userId);
      await one.ask(view);
      return Object.keys((await one.nextOf('viewer_cameras')).cameras);
    };
    ada.send(camera(1));
    await seen(1);
    t.same(await shown('cy'), ['ada']);
    // The camera is told at the end of the tick, behind the word that she views no longer.
    ada.send(camera(2));
    ada.send(camera(3));
    await ada.ask({ type: 'leave_viewer', planetId: 'p' });
    await seen(3);
    t.same(await shown('dan'), []);
    await ada.ask(view);
    ada.send(camera(4));
    await seen(4);
    ada.socket.terminate();
    await ada.closed;
    const back = await at.member(a, 'ada');
    await back.ask({ type: 'message', text: 'back' });
    await ben.next(({ type, text }) => type === 'message' && text === 'back');
    t.same(await shown('eve'), [], 'nor of a connection that another one has replaced');
  });

  t.test(
    '[ND4] clients of Socket.IO on both nodes share a room, and come back on the other one',
    async (t) => {
      const at = await nodesStage(t);
      for (const [way, transports] of Object.entries(ways).slice(0, 1)) {
        const env = { ...at.env };
        const [one, two] = [
          await startStage(t, env, transports, {}),
          await startStage(t, env, transports, {}),
        ];
        const [ada, ben] = [await one.client({ as: 'ada' }), await two.client({ as: 'ben' })];
        const roomId = `blueprint-${way}`;
        await ada.ask('join_room', { roomId });
        t.match(await ben.ask('join_room', { roomId }), { users: [{ userId: 'ada' }, { userId: 'ben' }] });
        t.match(await ada.next('user_joined'), { userId: 'ben' });
        const say = (who: Person, message: string) =>
          who.ask('send_message', { roomId, message, type: 'comment' });
        await say(ada, 'one');
        t.match(await ben.next('message'), { message: 'one' });
        await ada.next('message');
        await breakOff(ada);
        await ben.next('user_left').catch(() => {});
        await say(ben, 'two');
        // The balancer sends it elsewhere.
        (ada.socket.io as unknown as { uri: string }).uri = two.url('');
        t.equal(await comeBack(ada), true);
        t.match(await ada.next('message'), { message: 'two' });
        await say(ben, 'three');
        t.match(await ada.next('message'), { message: 'three' });
      }
    },
  );

  t.test(
    '[SO11] a user hears the own room wherever something is said in it, and from the first word on',
    async (t) => {
      const at = await nodesStage(t);
      const [one, two] = [
        await startStage(t, at.env, ['websocket'], {}),
        await startStage(t, at.env, ['websocket'], {}),
      ];
      const ada = await one.client({ as: 'ada' });
      await ada.next('connect');
      for (const n of [1, 2, 3]) await two.server.publish('user:ada', { event: 'news', data: { n } });
      for (const n of [1, 2, 3]) t.match(await ada.next('news'), { n });
      await breakOff(ada);
      await two.server.publish('user:ada', { event: 'news', data: { n: 4 } });
      (ada.socket.io as unknown as { uri: string }).uri = two.url('');
      t.equal(await comeBack(ada), true);
      await one.server.publish('user:ada', { event: 'news', data: { n: 5 } });
      for (const n of [4, 5]) t.match(await ada.next('news'), { n });
    },
  );

  t.test('[SO14] who comes back at the other one has recovered in all of its rooms', async (t) => {
    const at = await nodesStage(t);
    const [one, two] = [
      await startStage(t, at.env, ['websocket'], {}),
      await startStage(t, at.env, ['websocket'], {}),
    ];
    const [ada, ben] = [await one.client({ as: 'ada' }), await two.client({ as: 'ben' })];
    const roomId = 'blueprint-1';
    for (const each of [ada, ben]) await each.ask('join_room', { roomId });
    const happens = async (n: number) => {
      await two.server.publish('user:ada', { event: 'news', data: { n } });
      await ben.ask('send_message', { roomId, message: `${n}` });
    };
    const hears = async (n: number) => {
      t.match(await ada.next('news'), { n });
      t.match(await ada.next('message'), { message: `${n}` });
    };
    for (const [n, to] of [two, one, two].entries()) {
      await happens(2 * n);
      await hears(2 * n);
      await breakOff(ada);
      await ben.next('user_left');
      await happens(2 * n + 1);
      (ada.socket.io as unknown as { uri: string }).uri = to.url('');
      t.equal(await comeBack(ada), true);
      await hears(2 * n + 1);
    }
    t.notOk(
      ada.heard().some((event) => event === 'news' || event === 'message'),
      'nothing came twice',
    );
  });

  t.test('a room is let go of by a node where nobody is in it any more, and kept by the other', async (t) => {
    const at = await nodesStage(t);
    const [a, b] = [await at.node(), await at.node()];
    const [ada, ben] = [await at.member(a, 'ada'), await at.member(b, 'ben')];
    await people(ben, ['ada', 'ben']);
    await ada.ask({ type: 'leave' });
    const subscribed = async () =>
      Number(((await at.redis.command('PUBSUB', 'SHARDNUMSUB', 'tandem:{room}:live')) as unknown[])[1]);
    await until(async () => (await subscribed()) === 1);
    const again = await at.member(a, 'ada');
    await people(again, ['ada', 'ben']);
    for (const one of [again, ben]) await one.ask({ type: 'leave' });
    await until(
      async () => (await at.redis.command('EXISTS', 'tandem:{room}:log')) === 0,
      'nothing is left of it',
    );
  });

  t.test(
    '[ND1] a project, a token that was taken back, and what a backend asks count on all nodes',
    async (t) => {
      const at = await nodesStage(t);
      const [a, b] = [await at.node(), await at.node()];
      const ben = await at.member(b, 'ben', 'room');
      await a.projects.put('p', { ownerId: 'ben', members: [], active: true });
      await until(() => b.projects.get('p')?.ownerId === 'ben');
      await a.revoke({ sub: 'ben' });
      t.equal((await ben.closed).code >= 4000, true);
      const cleo = await at.member(b, 'cleo');
      await a.notify('cleo', { id: 'n', title: 'hello', message: 'there' });
      await cleo.next((message) => JSON.stringify(message).includes('"hello"'));
      t.equal(await a.disconnect('cleo'), 0, 'none of its own');
      t.equal((await cleo.closed).code, closes.KICKED.code);
      const again = await at.node();
      t.equal(again.projects.get('p')?.ownerId, 'ben');
    },
  );
});
