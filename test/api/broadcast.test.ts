import t from 'tap';
import { limits } from '../../protocol/index.ts';
import { apiStage } from './stage.ts';

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(`[HT3] a broadcast goes to as many rooms as it may name (${TRANSPORT})`, async (t) => {
    const at = await apiStage(t, { TRANSPORT });
    const rooms = Array.from({ length: 1000 }, (_, n) => `${n} ${'x'.repeat(100)}`);
    const broadcast = (data: unknown) =>
      at.ask('POST', '/api/broadcast', { body: { rooms, event: 'e', data } });
    const { status, json } = await broadcast(1);
    t.equal(status, 200);
    t.same(
      json.results.map(({ roomId, ok }: { roomId: string; ok: boolean }) => [roomId, ok]),
      rooms.map((roomId) => [roomId, true]),
    );
    const large = await broadcast('x'.repeat(limits.MAX_MESSAGE_BYTES));
    t.match(large, { status: 422, json: { code: 'INVALID_FIELD', path: 'data' } }, 'its data are no longer');
  });
}
