import t from 'tap';
import { add, onBoth, SCENE } from './stage.ts';

onBoth(
  t,
  '[ES8] a post that only grows too large as a command is refused, and the stream lives on',
  async (t, start) => {
    const at = await start({ MAX_MESSAGE_BYTES: '4096' });
    const ada = await at.open(`${SCENE}/events?clientId=a`, { as: 'ada' });
    // In JSON a number may be short as it comes, and long as it is written again.
    const growing = (clientId: string) =>
      `{"clientId":"${clientId}","operation":{"type":"add","target":"item","id":"x","data":{"n":[${Array(600).fill('1e20')}]}}}`;
    for (const clientId of ['a', 'without-a-stream']) {
      t.match(
        await at.post(`${SCENE}/operations`, growing(clientId), { as: 'ada' }),
        { status: 413, body: { code: 'MESSAGE_TOO_LARGE', limit: 4096 } },
        clientId,
      );
    }
    await at.post(`${SCENE}/operations`, { clientId: 'a', operation: add('y') }, { as: 'ada' });
    await ada.next('sceneDelta');
    t.same(ada.named('close'), []);
  },
);
