import t from 'tap';
import { token } from '../native/person.ts';
import { stage } from './scripted.ts';
import { becomes, clientStage, until } from './stage.ts';

for (const transports of [['websocket'], ['event-stream']] as const) {
  t.test(
    `what one user has said nobody else says: a token of another user ends the client (${transports})`,
    async (t) => {
      const at = await clientStage(t, { AUTH: 'required' });
      const ben = at.client({ getToken: () => token({ sub: 'ben' }) }).join('r');
      await ben.joined;
      let sub = 'ada';
      let isThere = true;
      const getToken = () => (isThere ? token({ sub }) : Promise.reject(new Error('offline')));
      const client = at.client({ getToken, transports });
      const ada = client.join('r', { user: { name: 'Ada' } });
      const errors: string[] = [];
      client.on('error', ({ code }) => errors.push(code));
      await ada.joined;
      isThere = false;
      at.sockets[1]?.terminate();
      for (const { breaker } of at.requests) breaker.abort();
      await until(() => ada.status === 'joining', 'the end of the connection');
      const said = ada.chat.send('of Ada');
      const rejected = t.rejects(said, { code: 'CLOSED' });
      // Who signs in in another tab.
      [sub, isThere] = ['eve', true];
      await until(() => client.status === 'closed' || ben.chat.messages.length > 0, 'one or the other');
      t.same(ben.chat.messages, []);
      t.equal(errors.at(-1), 'IDENTITY_MISMATCH');
      t.equal(client.status, 'closed');
      await rejected;
    },
  );
}

t.test('a client whose cookie is another user’s by now ends, too', async (t) => {
  const { client, pass, last, heard } = stage(t);
  const room = client.join('r', { user: { name: 'Ada' } });
  const terms = { heartbeatMs: 30_000, tickMs: 16, limits: {} };
  await pass(0);
  last().open({ ...terms, userId: 'ada' });
  last().end(1006);
  const said = room.chat.send('of Ada');
  await pass(250);
  last().open({ ...terms, userId: 'eve' });
  t.same(last().sent, []);
  t.match(heard.slice(-2), ['closed', 'IDENTITY_MISMATCH']);
  client.close();
  await t.rejects(said, { code: 'CLOSED' });
});

const ways = {
  token: (sub: string) => ({ token: `.${btoa(JSON.stringify({ sub }))}.`, userId: undefined }),
  cookie: (userId: string) => ({ token: undefined, userId }),
};
const nobody = { token: undefined, userId: undefined };
for (const [first, ada] of Object.entries(ways)) {
  for (const [then, eve] of Object.entries(ways)) {
    t.test(
      `nobody’s connection in between does not make another user the same (${first}, ${then})`,
      async (t) => {
        let now: { token: string | undefined; userId: string | undefined } = ada('ada');
        const getToken = () => now.token as string;
        const { client, pass, last, sockets, heard } = stage(t, { getToken });
        const room = client.join('r', { user: { name: 'Ada' } });
        const arrive = async (as: typeof now) => {
          now = as;
          await pass(10_000);
          const { userId } = now;
          const isNew = last().sent.length === 0;
          if (isNew) last().open({ heartbeatMs: 30_000, tickMs: 16, limits: {}, ...(userId && { userId }) });
          if (isNew && now.token) last().say({ type: 'ack', ok: true, op: 'auth', ref: 'auth' });
        };
        const admit = () => {
          const { ref } = last().sent.find(({ type }) => type === 'join') ?? {};
          last().say({ type: 'ack', ok: true, op: 'join', ref, roomId: 'r' });
        };
        await arrive(ada('ada'));
        admit();
        await room.joined;
        last().end(1006);
        room.chat.send('of Ada').catch(() => {});
        await arrive(nobody);
        t.equal(client.status, 'open');
        last().end(1006);
        await arrive(eve('eve'));
        admit();
        const messages = sockets.flatMap(({ sent }) => sent).filter(({ type }) => type === 'message');
        t.same(messages, []);
        t.match(heard.slice(-2), ['closed', 'IDENTITY_MISMATCH']);
      },
    );
  }
}

t.test('a guest may sign in on the same client', async (t) => {
  const at = await clientStage(t);
  let sub: string | undefined;
  const getToken = () => (sub === undefined ? (undefined as unknown as string) : token({ sub }));
  const client = at.client({ getToken });
  const room = client.join('r', { user: { userId: 'ada' } });
  await room.joined;
  sub = 'ada';
  const lost = becomes(room, 'joining');
  at.sockets.at(-1)?.terminate();
  await lost;
  await room.chat.send('by token now');
  t.equal(client.status, 'open');
  await until(() => room.chat.messages.length === 1, 'the message');
  t.match(room.chat.messages, [{ userId: 'ada', text: 'by token now' }]);
});
