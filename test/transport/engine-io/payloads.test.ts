import t from 'tap';
import { onEach, STRICT_END, settled } from './stage.ts';

onEach(t, 'a poll takes all that is there, however much', async (t, start) => {
  const at = await start();
  const poller = await at.polling();
  const session = await at.session(poller.sid);
  const numbers = Array.from({ length: 400 }, (_, index) => `4${index}`);
  const held = poller.poll();
  await settled(at);
  t.same(new Set(numbers.map((packet) => session.send(packet))), new Set(['sent']));
  t.equal(await held, `200 ${numbers.join('\x1e')}`);
  for (const packet of numbers) session.send(packet);
  t.equal(await poller.poll(), `200 ${numbers.join('\x1e')}`);
  t.equal(session.bufferedBytes(), 0);
});

onEach(t, 'of the client in Python, which takes no more, it is 16 packets', async (t, start) => {
  const at = await start();
  const poller = await at.strict();
  const session = await at.session(poller.sid);
  const numbers = Array.from({ length: 40 }, (_, index) => `4${index}`);
  const held = poller.poll();
  await settled(at);
  const results = numbers.map((packet) => session.send(packet));
  t.same(
    [results.indexOf('buffered'), results.lastIndexOf('sent')],
    [16, 15],
    'only what goes now is said to be sent',
  );
  const polls = [await held, await poller.poll(), await poller.poll()];
  t.same(
    polls.map((one) => one.slice(4).split('\x1e').length),
    [16, 16, 8],
  );
  t.same(
    polls.flatMap((one) => one.slice(4).split('\x1e')),
    numbers,
  );
});

onEach(
  t,
  'the client in Python, which comes back only from what breaks, is told the end by too many packets',
  async (t, start) => {
    const at = await start();
    const [strict, other] = [await at.strict(), await at.polling()];
    for (const { sid } of [strict, other]) (await at.session(sid)).close(4000, 'full');
    t.equal(await strict.poll(), STRICT_END);
    t.equal(await other.poll(), '200 1');
  },
);
