import t from 'tap';
import { LogError } from '../../server/log/log.ts';
import { createMemoryLog } from '../../server/log/memory.ts';
import { inTime, startWired } from '../support/servers.ts';
import { createGatedLog } from './gated-log.ts';
import { stage } from './person.ts';

t.test('[CL2] a server ends, and refuses what waits, where the log does not answer any more', async (t) => {
  const inner = createMemoryLog();
  let hanging = 0;
  const { server, ...at } = await startWired(
    {},
    {
      log: {
        ...inner,
        async open(roomId, listener) {
          const room = await inner.open(roomId, listener);
          if (roomId !== 'room') return room;
          let end = () => {};
          const append = () =>
            new Promise<void>((_, reject) => {
              hanging += 1;
              const ended = new LogError('LOG_UNAVAILABLE', 'it has ended', { hasEnded: true });
              end = () => reject(ended);
            });
          return { ...room, append, close: () => room.close().then(() => end()) };
        },
      },
    },
  );
  const published = ['under way', 'behind it'].map((event) => server.publish('room', { event, data: 1 }));
  const answers = Promise.allSettled(published);
  await at.settle();
  t.equal(hanging, 1);
  await inTime({ server, ...at }, server.close());
  t.match(await answers, [
    { status: 'rejected', reason: { code: 'LOG_UNAVAILABLE' } },
    { status: 'rejected', reason: { code: 'LOG_UNAVAILABLE' } },
  ]);
  await at.pass(2000, 100);
  t.equal(hanging, 1, 'nothing is tried again');
});

t.test('[CL2] so it does where the log cannot be written', async (t) => {
  const log = createGatedLog();
  const at = await stage(t, {}, { log });
  const ada = await at.member('ada');
  log.failing = true;
  ada.send({ type: 'leave' });
  const closed = at.server.close();
  // Shortly before it has waited long enough.
  await at.pass(7800, 100);
  const published = t.rejects(at.server.publish('room', { event: 'late', data: 1 }), {
    code: 'LOG_UNAVAILABLE',
  });
  await inTime(at, closed);
  await published;
});
