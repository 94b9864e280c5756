import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import type { Server, ServerOptions } from '../server/assembly/server-options.ts';
import { silent, startServer } from './support/servers.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Whether the logger of a server is kept by anything, and so the server, after its life. */
async function isKept(life: (parts: Partial<ServerOptions>) => Promise<unknown>): Promise<boolean> {
  const kept = await (async () => {
    const logger = { ...silent };
    await life({ logger });
    return new WeakRef(logger);
  })();
  for (let round = 0; round < 100 && kept.deref() !== undefined; round++) {
    await turn();
    collect();
  }
  return kept.deref() !== undefined;
}

t.test('a server that was closed, or could not start, is kept by nothing', async (t) => {
  // µWS keeps its handlers as long as the process.
  const env = { TRANSPORT: 'ws' };
  const closed = await isKept(async (parts) => {
    const server = await startServer(env, parts);
    await server.close();
  });
  t.notOk(closed);
  const transport = () => Promise.reject(new Error('no transport'));
  const failed = await isKept((parts) => t.rejects(startServer(env, { ...parts, transport })));
  t.notOk(failed);
});

const figuresOf = async ({ port }: Server) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

t.test(
  'servers in one process show each its own, and all of them what is known of the process',
  async (t) => {
    const [one, two] = [await startServer(), await startServer()];
    t.teardown(() => two.close());
    await one.publish('r', { event: 'e', data: 1 });
    const [ofOne, ofTwo] = [await figuresOf(one), await figuresOf(two)];
    t.match(ofOne, /^tandem_appended_entries_total [1-9]/m);
    t.match(ofTwo, /^tandem_appended_entries_total 0$/m);
    const isOfProcess = (line: string) => /^# TYPE (process|nodejs)_/.test(line);
    const kinds = ofOne.split('\n').filter(isOfProcess);
    t.ok(kinds.includes('# TYPE nodejs_gc_duration_seconds histogram'));
    t.equal(new Set(kinds).size, kinds.length, 'once each');
    t.same(ofTwo.split('\n').filter(isOfProcess), kinds);
    await one.close();
    t.same((await figuresOf(two)).split('\n').filter(isOfProcess), kinds, 'also when another is closed');
  },
);
