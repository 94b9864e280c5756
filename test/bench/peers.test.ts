import t, { type Test } from 'tap';
import { Crew } from '../../bench/load/crew.ts';
import { people } from '../../bench/load/people.ts';
import { contenders, SECRET, startServer } from '../../bench/servers/servers.ts';

t.setTimeout(120_000);
const { tandemBatch, tandemSocketIo, socketIo, socketIoUws } = contenders;

/** Two who come to a room, with tokens that are signed with this. */
async function come(t: Test, port: number, speech: 'native batch' | 'socket.io', secret?: string) {
  const crew = new Crew();
  t.teardown(() => crew.end());
  const target = { host: '127.0.0.1', ports: [port], secure: false };
  await crew.open({ target, speech, people: await people(1, 2, secret), atOnce: 2 });
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
