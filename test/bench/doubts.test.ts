import t from 'tap';
import type { Contender } from '../../bench/servers/servers.ts';
import { arriving } from '../../bench/workloads/arrivals.ts';
import { arrearsOf, loadOf } from '../../bench/workloads/doubts.ts';
import { streamed } from '../../bench/workloads/stream.ts';

t.setTimeout(60_000);
const scale = { rounds: 1, warmUpMs: 100, measuredMs: 500, part: 1, threads: 1 };

/** A server of the `ws` package, whose answer to a connection is this: `socket`, `user`, `others` of its room, `times` it came. */
const answering = (code: string): Contender => ({
  name: 'odd',
  speech: 'plain',
  program: [
    '-e',
    `const { WebSocketServer } = require('ws');
    const [rooms, came] = [new Map(), new Map()];
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 }, () =>
      console.log(JSON.stringify({ msg: 'listening', port: server.address().port })));
    server.on('connection', (socket, { url }) => {
      const asked = new URLSearchParams(url.slice(2));
      const [room, user] = [asked.get('room'), asked.get('user')];
      rooms.set(room, (rooms.get(room) ?? new Set()).add(socket));
      came.set(user, (came.get(user) ?? 0) + 1);
      const others = () => [...rooms.get(room)].filter((one) => one !== socket);
      const times = came.get(user);
      ${code}
    });`,
  ],
});

t.test('a load that was the bottleneck is told, wherever it was', async (t) => {
  t.same(loadOf({ busy: 0.97 }), ['the load was busy 97 % of the time']);
  t.same(loadOf({ busy: 0.9 }), []);
});

t.test('so is a server that was, or that was in arrears', async (t) => {
  t.same(arrearsOf(0.9, 1.02), []);
  t.match(arrearsOf(0.99, 1), [/^the server was busy 99 % of the time$/]);
  t.match(arrearsOf(0.5, 1.36), [/136 % of what was sent/]);
});

t.test('as where far more comes than was sent meanwhile', async (t) => {
  const tenfold = answering(
    'socket.on("message", (data) => { for (let n = 0; n < 10; n++) for (const one of others()) one.send(String(data)); });',
  );
  const { doubts } = await streamed(tenfold, { kind: 'move', rooms: 2, users: 3, perSecond: 20 }).run(scale);
  t.match(
    doubts.find((doubt) => doubt.includes('arrears')),
    /[1-9]\d\d+ % of what was sent/,
  );
});

t.test('connections that are lost while all come back are told', async (t) => {
  const rid = answering('if (times > 1) socket.close(4000);');
  const { doubts } = await arriving(rid, 2, false).run(scale);
  t.match(
    doubts.find((doubt) => doubt.includes('lost')),
    /connections were lost \(4000\)/,
  );
});
