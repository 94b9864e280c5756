import t from 'tap';
import { startServer } from '../../bench/servers/servers.ts';

t.test('memory is that after a collection, however late a server comes to it', async (t) => {
  // Half a gigabyte of rubbish, and two seconds in which it hears nothing.
  const busy = `const server = require('node:net').createServer().listen(0, '127.0.0.1', () => {
    console.log(JSON.stringify({ msg: 'listening', port: server.address().port }));
    const rubbish = Array.from({ length: 5 }, () => Buffer.alloc(100_000_000, 1));
    for (const until = Date.now() + 2000; Date.now() < until; ) rubbish.at(0);
  });`;
  const server = await startServer({ name: 'busy', speech: 'plain', program: ['-e', busy] });
  t.teardown(() => server.end());
  t.ok((await server.memoryBytes()) < 100_000_000);
});

t.test('so it is where what is collected lets go of more', async (t) => {
  const chain = `console.log(JSON.stringify({ msg: 'listening', port: 1 }));
    let links = Array.from({ length: 3 }, () => Buffer.alloc(100_000_000, 1));
    const gone = new FinalizationRegistry(() => {
      links.pop();
      gone.register({});
    });
    gone.register({});
    setInterval(() => links, 1000);`;
  const server = await startServer({ name: 'chain', speech: 'plain', program: ['-e', chain] });
  t.teardown(() => server.end());
  t.ok((await server.memoryBytes()) < 100_000_000);
});

t.test('the gaps between what a server keeps are none of it', async (t) => {
  // Two of three are rubbish: not enough for a page of the heap to be cleared by an ordinary collection.
  const gappy = `let all = Array.from({ length: 3_000_000 }, (_, i) => ({ i, j: i, k: i, l: i, m: i, n: i }));
    const kept = [];
    for (let i = 0; i < all.length; i += 3) kept.push(all[i]);
    all = undefined;
    console.log(JSON.stringify({ msg: 'listening', port: 1 }));
    setInterval(() => kept, 1000);`;
  const server = await startServer({ name: 'gappy', speech: 'plain', program: ['-e', gappy] });
  t.teardown(() => server.end());
  t.ok((await server.memoryBytes()) < 200_000_000);
});

t.test('and a server that has ended is not awaited', async (t) => {
  const ending = `console.log(JSON.stringify({ msg: 'listening', port: 1 }));
    process.prependListener('SIGUSR2', () => process.exit(3));
    setInterval(() => {}, 1000);`;
  const server = await startServer({ name: 'ending', speech: 'plain', program: ['-e', ending] });
  t.teardown(() => server.end());
  await t.rejects(server.memoryBytes(), { message: /ending ended with 3/ });
});
