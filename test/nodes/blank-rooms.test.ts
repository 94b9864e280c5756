import t from 'tap';
import { noRedis } from '../support/redis.ts';
import { nodesStage } from './stage.ts';

t.setTimeout(120_000);

t.test('a room that one node forgets while another opens it', { skip: noRedis }, async (t) => {
  t.test('[ND1] [ER5] takes whoever comes, and what they say, in its order', async (t) => {
    const at = await nodesStage(t);
    const nodes = [await at.node(), await at.node(), await at.node()];
    const rooms = ['one', 'two', 'three', 'four'];
    const refusals: unknown[] = [];
    const visits = rooms.flatMap((roomId) =>
      nodes.map(async (node, index) => {
        const one = await at.member(node, `${roomId}${index}`, `${roomId}'`);
        for (let round = 0; round < 60; round++) {
          // One after the other, without waiting for answers.
          const answers = await Promise.all([
            one.ask({ type: 'join', roomId }),
            one.ask({ type: 'select', roomId, planetId: `${roomId}${index}` }),
            one.ask({ type: 'unselect', roomId, planetId: `${roomId}${index}` }),
            one.ask({ type: 'leave', roomId }),
          ]);
          refusals.push(...answers.filter(({ type }) => type !== 'ack'));
        }
      }),
    );
    await Promise.all(visits);
    t.same(refusals, []);
  });

  t.test('[HT7] takes what is published there', async (t) => {
    const at = await nodesStage(t);
    const [a, b] = [await at.node(), await at.node()];
    const one = await at.member(a, 'ada', 'elsewhere');
    for (let round = 0; round < 40; round++) {
      const roomId = `room${round}`;
      await one.ask({ type: 'join', roomId });
      const publication = { event: 'saved', data: round, idempotencyKey: 'k' };
      const [{ id }] = await Promise.all([
        b.publish(roomId, publication),
        one.ask({ type: 'leave', roomId }),
      ]);
      t.equal((await a.publish(roomId, publication)).id, id, 'and has it');
    }
  });
});
