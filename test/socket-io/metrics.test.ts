import { io } from 'socket.io-client';
import t from 'tap';
import { until } from '../support/redis.ts';
import { startServer } from '../support/servers.ts';
import { tokenOf } from './stage.ts';

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(`connections are counted by what carries them at the moment (${TRANSPORT})`, async (t) => {
    const server = await startServer({ TRANSPORT });
    t.teardown(() => server.close());
    const counted = async () => {
      const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
      const lines = text.matchAll(/^tandem_connections\{transport="([\w-]+)",dialect="s\/"\} (\d+)$/gm);
      return Object.fromEntries([...lines].map(([, transport, count]) => [transport, Number(count)]));
    };
    const token = await tokenOf('ada');
    const people = [['polling'], ['polling', 'websocket'], ['websocket']].map((transports) =>
      io(`http://127.0.0.1:${server.port}/`, { auth: { token }, transports, forceNew: true }),
    );
    t.teardown(() => {
      for (const one of people) one.disconnect();
    });
    await until(() => people.every(({ connected }) => connected));
    await until(async () => (await counted()).websocket === 2, 'the upgrade');
    t.same(await counted(), { polling: 1, websocket: 2 });
    for (const one of people) one.disconnect();
    await until(async () => (await counted()).polling === 0, 'the end');
    await until(async () => (await counted()).websocket === 0, 'the end');
  });
}
