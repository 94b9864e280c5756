import t from 'tap';
import { usualBeats } from '../../server/log/redis-nodes.ts';
import { tokenOf } from '../socket-io/stage.ts';
import { noRedis } from '../support/redis.ts';
import { latest, nodesStage, people } from './stage.ts';

const ROUNDS = 10;

t.test('a client of HTTP whose requests reach two nodes at once', { skip: noRedis }, async (t) => {
  const stage = await nodesStage(t);
  // Nobody dies here, and a busy machine shall not make it look so.
  const node = () => stage.node({}, { beats: usualBeats });
  const nodes = [await node(), await node()] as const;
  const headers = { authorization: `Bearer ${await tokenOf('ada')}` };
  const at = (node: number, path: string) => `http://127.0.0.1:${nodes[node]?.port}/rooms/${path}`;
  const post = async (node: number, roomId: string) => {
    const response = await fetch(at(node, `${roomId}/messages`), {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ clientId: 'tab', text: 'hi' }),
    });
    await response.text();
    return response.status;
  };
  /** As somebody sees it who comes afterwards. */
  const connectionsIn = async (roomId: string) => {
    const ben = await stage.member(nodes[0], 'ben', roomId);
    const { users } = latest(ben, 'presence') ?? {};
    return users?.find(({ userId }: { userId: string }) => userId === 'ada')?.connections;
  };

  t.test('[ND5] is one member, wherever its first posts came', async (t) => {
    for (let round = 0; round < ROUNDS; round++) {
      const roomId = `posts-${round}`;
      t.same(await Promise.all([0, 1, 0, 1].map((node) => post(node, roomId))), [200, 200, 200, 200]);
      t.equal(await connectionsIn(roomId), 1);
    }
  });

  t.test('[ND5] [ES9] is one member, though its stream opens while posts are under way', async (t) => {
    for (let round = 0; round < ROUNDS; round++) {
      const roomId = `stream-${round}`;
      const early = [post(1, roomId), post(0, roomId)];
      await new Promise((resolve) => setTimeout(resolve, 2 * round));
      const abort = new AbortController();
      t.teardown(() => abort.abort());
      const stream = await fetch(at(0, `${roomId}/events?clientId=tab`), { headers, signal: abort.signal });
      t.equal(stream.status, 200);
      t.same(await Promise.all([...early, post(1, roomId)]), [200, 200, 200]);
      t.equal(await connectionsIn(roomId), 1);
    }
  });

  t.test('[ND5] [ES7] says goodbye at one to a stream that broke off at the other', async (t) => {
    for (let round = 0; round < ROUNDS; round++) {
      const roomId = `goodbye-${round}`;
      const ben = await stage.member(nodes[1], 'ben', roomId);
      const abort = new AbortController();
      await fetch(at(0, `${roomId}/events?clientId=tab`), { headers, signal: abort.signal });
      await people(ben, ['ada', 'ben']);
      abort.abort();
      await new Promise((resolve) => setTimeout(resolve, 2 * round));
      const response = await fetch(at(1, `${roomId}/leave`), {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ clientId: 'tab' }),
      });
      t.equal(response.status, 200);
      await people(ben, ['ben']);
    }
  });
});
