import t, { type Test } from 'tap';
import { Crew } from '../../bench/load/crew.ts';
import { people } from '../../bench/load/people.ts';
import type { SpeechName } from '../../bench/load/speeches.ts';
import { contenders, SECRET, startServer } from '../../bench/servers/servers.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { startServer as startHere } from '../support/servers.ts';

t.setTimeout(120_000);
const { tandemBatch, tandemSocketIo, socketIo, socketIoUws } = contenders;

/** Somebody who comes to a room, with a token that is signed with this. */
async function come(t: Test, port: number, speech: SpeechName, secret?: string): Promise<Crew> {
  const crew = new Crew();
  t.teardown(() => crew.end());
  const target = { host: '127.0.0.1', ports: [port], secure: false };
  await crew.open({ target, speech, people: await people(1, 1, secret), atOnce: 1 });
  return crew;
}

for (const contender of [tandemBatch, tandemSocketIo, socketIo, socketIoUws]) {
  t.test(`${contender.name}: a room is for those whose token it has verified`, async (t) => {
    const { port, end } = await startServer(contender);
    t.teardown(end);
    await come(t, port, contender.speech, SECRET);
    const another = 'a secret of somebody else, who signs as well';
    await t.rejects(come(t, port, contender.speech, another), { message: /was not let in/ });
    await t.rejects(come(t, port, contender.speech), { message: /was not let in/ });
  });
}

t.test('nobody of the load is closed for saying nothing, as long as its token is valid', async (t) => {
  const clock = createManualClock(Date.now());
  const server = await startHere(tandemBatch.env, { clock });
  const ticks = setInterval(() => clock.advance(16), 1);
  t.teardown(() => {
    clearInterval(ticks);
    return server.close();
  });
  const crew = await come(t, server.port, tandemBatch.speech, SECRET);
  clock.advance(55 * 60_000);
  await crew.furnish(1);
});
