import t from 'tap';
import { noRedis, until } from '../support/redis.ts';
import { silent } from '../support/servers.ts';
import { nodesStage } from './stage.ts';

t.setTimeout(120_000);

/** A logger that keeps what it is told. */
function listening() {
  const lines: { level: string; fields: object; message: unknown }[] = [];
  const at = (level: string) => (fields: unknown, message?: unknown) => {
    lines.push({ level, fields: fields as object, message });
  };
  return { lines, logger: { ...silent, debug: at('debug'), warn: at('warn'), error: at('error') } };
}

t.test('a room that one node forgets while another opens it', { skip: noRedis }, async (t) => {
  t.test('[ND1] [ER5] takes whoever comes, and what they say, in its order', async (t) => {
    const at = await nodesStage(t);
    const { lines, logger } = listening();
    const nodes = [
      await at.node({}, { logger }),
      await at.node({}, { logger }),
      await at.node({}, { logger }),
    ];
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
    const ofRooms = lines.filter(({ fields }) => 'roomId' in fields);
    t.match(ofRooms, [{ level: 'debug', message: 'another node has forgotten a room that held nothing' }]);
    t.same(
      ofRooms.filter(({ level, fields }) => level !== 'debug' || 'err' in fields),
      [],
      'and nothing is wrong',
    );
  });

  t.test('[ND3] is another thing than a room that Redis has lost, of which the log warns', async (t) => {
    const at = await nodesStage(t);
    const { lines, logger } = listening();
    const ada = await at.member(await at.node({}, { logger }), 'ada');
    await at.redis.command('FLUSHALL');
    await ada.ask({ type: 'sceneOperation', operation: { type: 'add', target: 'item', data: { id: 'i' } } });
    const warned = () => lines.find(({ level }) => level === 'warn');
    await until(() => warned() !== undefined);
    t.match(warned(), { fields: { roomId: 'room', err: Error }, message: /has to be read anew/ });
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
