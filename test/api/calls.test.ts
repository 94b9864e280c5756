import t from 'tap';
import { bearer, ofType, stage } from '../native/person.ts';

t.test('[HT14] a call with a mistake in it says where', async (t) => {
  const { server } = await stage(t);
  // biome-ignore lint/suspicious/noExplicitAny: mistakes that no type has kept from being made
  const any = (value: unknown) => value as any;
  const field = (path: string) => ({ name: 'Refusal', code: 'INVALID_FIELD', details: { path } });
  await t.rejects(server.publish('', { event: 'e', data: 1 }), field(''));
  await t.rejects(server.publish('r', any({ data: 1 })), field('event'));
  await t.rejects(server.publish('r', any({ event: 'e', data: 1, exlude: 'ada' })), {
    code: 'INVALID_FIELD',
  });
  await t.rejects(server.publish('r', { event: 'e', data: 'x'.repeat(70_000) }), field('data'));
  await t.rejects(server.broadcast([], { event: 'e', data: 1 }), field('rooms'));
  await t.rejects(server.notify('ada', any({ title: 'T' })), field('message'));
  await t.rejects(server.sessions.start('a:b', { externalUserId: 'u' }), { code: 'INVALID_FIELD' });
  await t.rejects(server.sessions.ingest('p', 's', any([1])), { code: 'INVALID_FIELD' });
  await t.rejects(server.sessions.ingest('p', 's', []), { code: 'NOT_FOUND' });
  for (const read of [server.room, server.presence, server.state, server.messages, server.recent])
    await t.rejects(Promise.resolve<unknown>(read('')), field(''));
  await t.rejects(server.rooms({ limit: 0 }), field('limit'));
  await t.rejects(server.rooms(any({ prefix: 1 })), field('prefix'));
  await t.rejects(server.operations('r', -1), field('since'));
  await t.rejects(server.operations('r', 0, ''), field('epoch'));
  await t.rejects(server.messages('r', { limit: 0 }), field('limit'));
  await t.rejects(server.messages('r', { before: '' }), field('before'));
  await t.rejects(server.recent('r', 0), field('limit'));
  await t.rejects(server.recent('r', 1001), field('limit'));
  await t.rejects(server.sessions.submit('p', ''), field(''));
  await t.rejects(server.sessions.submit('a:b', 's'), field(''));
  await t.rejects(server.sessions.events('p', 's', { limit: 0 }), field('limit'));
  await t.rejects(server.sessions.events('p', 's', { after: -1 }), field('after'));
  await t.rejects(server.sessions.events('p', ''), field(''));
  t.match(await server.rooms(any({ limit: undefined })), { rooms: [] }, 'as if it were not named');
});

t.test('[HT14] who disconnects nobody in particular sends nobody away', async (t) => {
  const at = await stage(t);
  const guest = at.person();
  const nameless = undefined as unknown as string;
  t.throws(() => at.server.disconnect(nameless), { code: 'INVALID_FIELD', details: { path: '' } });
  await guest.news();
  t.equal(guest.wire.closedWith, undefined);
});

t.test('[HT14] an event for rooms of which one is named twice is published there once', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada', 'r', await bearer({ sub: 'ada' }));
  const { results } = await at.server.broadcast(['r', 's', 'r'], { event: 'e', data: 1 });
  t.same(
    results.map(({ roomId, ok }) => [roomId, ok]),
    [
      ['r', true],
      ['s', true],
      ['r', true],
    ],
    'each has its result',
  );
  t.equal(ofType(await ada.news(), 'event').length, 1);
});

t.test('[HT14] [HT12] a session is described as its log has it, so that a repeat is one', async (t) => {
  const { sessions } = (await stage(t)).server;
  const since = new Date(0) as unknown as string;
  const given = { sessionId: 's', externalUserId: 'u', metadata: { since } };
  const unsaid = { ...given.metadata, plan: undefined as unknown as string };
  t.match(await sessions.start('p', { ...given, metadata: unsaid }), { isNew: true });
  const { session, isNew } = await sessions.start('p', given);
  t.same([session.metadata, isNew], [{ since: '1970-01-01T00:00:00.000Z' }, false]);
  const large = 1n as unknown as number;
  const fault = (path: string) => ({ code: 'INVALID_FIELD', details: { path } });
  await t.rejects(sessions.start('p', { ...given, metadata: { large } }), fault('metadata'));
  await t.rejects(sessions.ingest('p', 's', [{ large }]), fault('events'));
  const event = { n: 1 };
  const stored = sessions.ingest('p', 's', [event]);
  event.n = 2;
  await stored;
  t.match(await sessions.events('p', 's'), { events: [{ n: 1 }] }, 'as it was then');
});

t.test('[HT14] what cannot be written as JSON is refused', async (t) => {
  const { server } = await stage(t);
  const fault = { name: 'Refusal', code: 'INVALID_FIELD', details: { path: 'data' } };
  const fails = {
    toJSON() {
      throw new Error('not this');
    },
  };
  for (const data of [1n, { n: 1n }, fails, () => 1]) {
    await t.rejects(server.publish('r', { event: 'e', data }), fault);
    await t.rejects(server.broadcast(['r'], { event: 'e', data }), fault);
  }
});
