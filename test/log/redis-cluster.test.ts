import t, { type Test } from 'tap';
import { openRedisLog } from '../../server/log/redis.ts';
import { logContract } from '../contract/log.ts';
import { noRedis, startRedis, type TestRedis, until } from '../support/redis.ts';
import { freePort } from '../support/servers.ts';

t.setTimeout(300_000);

/** Slots of a cluster, a third each. */
const shares = [
  [0, 5460],
  [5461, 10_922],
  [10_923, 16_383],
] as const;

/** The other port, on which nodes of a cluster speak to each other, is no fixed distance away. */
type ClusterNode = TestRedis & { readonly busPort: string };

async function startNode(t: Test, directory: string): Promise<ClusterNode> {
  const busPort = String(await freePort());
  const settings = { 'cluster-enabled': 'yes', 'cluster-port': busPort, appendonly: 'no' };
  return Object.assign(await startRedis(t, settings, directory), { busPort });
}

async function formCluster(nodes: readonly ClusterNode[]): Promise<void> {
  const [first, ...others] = nodes as [ClusterNode, ...ClusterNode[]];
  for (const [index, node] of nodes.entries()) {
    const [from, to] = shares[index] ?? [0, 0];
    await node.command('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    await node.command('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to));
  }
  for (const { port, busPort } of others)
    await first.command('CLUSTER', 'MEET', '127.0.0.1', String(port), busPort);
  for (const node of nodes)
    await until(async () => {
      const found = String(await node.command('CLUSTER', 'INFO'));
      return found.includes('cluster_state:ok') && found.includes('cluster_known_nodes:3');
    }, 'the cluster');
}

t.test('the log on a Redis Cluster of three nodes', { skip: noRedis }, async (t) => {
  const directory = t.testdir({ a: {}, b: {}, c: {} });
  const nodes = await Promise.all(['a', 'b', 'c'].map((name) => startNode(t, `${directory}/${name}`)));
  await formCluster(nodes);
  const { url } = nodes[0] as TestRedis;

  let logs = 0;
  logContract(t, 'cluster', async () => {
    const options = { url, prefix: `contract-${logs++}:` };
    const log = await openRedisLog(options);
    return {
      log,
      async reopen() {
        await log.close();
        return openRedisLog(options);
      },
    };
  });

  t.test('rooms are spread over its nodes, and what one process appends the other hears', async (t) => {
    const [a, b] = [await openRedisLog({ url }), await openRedisLog({ url })];
    t.teardown(() => Promise.all([a.close(), b.close()]));
    const ids = Array.from({ length: 30 }, (_, index) => `room ${index} }{`);
    const heard = new Map<string, string[]>(ids.map((id) => [id, []]));
    for (const id of ids) await b.open(id, (_first, entries) => heard.get(id)?.push(...entries));
    await Promise.all(
      ids.map(async (id) => {
        const room = await a.open(id, () => {});
        for (let round = 0; round < 10; round++) await room.append([`${id} ${round}`]);
      }),
    );
    await until(() => [...heard.values()].every((entries) => entries.length === 10));
    for (const [id, entries] of heard)
      t.same(
        entries,
        Array.from({ length: 10 }, (_, round) => `${id} ${round}`),
      );
    for (const node of nodes) t.ok(Number(await node.command('DBSIZE')) > 0);
  });

  t.test('a room that moves to another node of the cluster stays whole', async (t) => {
    const [a, b] = [await openRedisLog({ url }), await openRedisLog({ url, lookIntervalMs: 1000 })];
    t.teardown(() => Promise.all([a.close(), b.close()]));
    const heard: string[] = [];
    const room = await a.open('moving', () => {});
    await b.open('moving', (_first, entries) => heard.push(...entries));
    await room.append(['before']);
    const slot = Number(await nodes[0]?.command('CLUSTER', 'KEYSLOT', 'tandem:{moving}:log'));
    const from = shares.findIndex(([low, high]) => slot >= low && slot <= high);
    const [source, target] = [nodes[from] as TestRedis, nodes[(from + 1) % 3] as TestRedis];
    const idOf = async (node: TestRedis) => String(await node.command('CLUSTER', 'MYID'));
    await target.command('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', await idOf(source));
    await source.command('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', await idOf(target));
    const keys = (await source.command('CLUSTER', 'GETKEYSINSLOT', String(slot), '100')) as string[];
    await source.command('MIGRATE', '127.0.0.1', String(target.port), '', '0', '5000', 'KEYS', ...keys);
    for (const node of [target, source])
      await node.command('CLUSTER', 'SETSLOT', String(slot), 'NODE', await idOf(target));
    for (let round = 0; round < 5; round++) await room.append([`after ${round}`]);
    await until(() => heard.length === 6);
    t.same(heard, ['before', 'after 0', 'after 1', 'after 2', 'after 3', 'after 4']);
  });
});
