import t from 'tap';
import { breakOff, onBoth, type Reader, type StreamStage } from './stage.ts';

t.setTimeout(550_000);

/** Who is there, as ben sees it. */
const sees = (ben: Reader, ...names: string[]) =>
  ben.next(
    'presence',
    ({ users }) => users.map(({ userId }: { userId: string }) => userId).join() === names.join(),
  );

async function bothIn(at: StreamStage, clientIds: string[]): Promise<{ ben: Reader; adas: Reader[] }> {
  const ben = await at.open('/rooms/r/events?clientId=b&events=presence', { as: 'ben' });
  const adas: Reader[] = [];
  for (const id of clientIds) adas.push(await at.open(`/rooms/r/events?clientId=${id}`, { as: 'ada' }));
  await sees(ben, 'ben', 'ada');
  return { ben, adas };
}

const goodbye = (at: StreamStage) => at.post('/rooms/r/leave', { clientId: 'a' }, { as: 'ada' });

onBoth(
  t,
  '[ES7] a goodbye that arrives after its stream has broken off is one all the same',
  async (t, start) => {
    const at = await start();
    const { ben, adas } = await bothIn(at, ['a']);
    await breakOff(at, adas[0]);
    t.match(await goodbye(at), { status: 200 });
    await sees(ben, 'ben');
  },
);

onBoth(t, '[ES7] a goodbye ends a stream, too, that has not noticed yet that it broke', async (t, start) => {
  const at = await start();
  const { ben, adas } = await bothIn(at, ['a', 'a']);
  t.match(await goodbye(at), { status: 200 });
  await sees(ben, 'ben');
  for (const one of adas) await one.ended();
});

onBoth(t, '[ES7] a goodbye ends no stay of another client of the same user', async (t, start) => {
  const at = await start();
  const { ben, adas } = await bothIn(at, ['a', 'other']);
  await breakOff(at, adas[0]);
  await goodbye(at);
  await ben.next('presence', ({ users }) => users[1]?.connections === 1);
  t.equal(adas[1]?.isEnded, false);
});
