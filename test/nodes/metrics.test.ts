import t from 'tap';
import { add } from '../native/person.ts';
import { noRedis, until } from '../support/redis.ts';
import { nodesStage } from './stage.ts';

t.setTimeout(120_000);

/** The samples of a node by their names, labels included. */
async function samples({ port }: { port: number }): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

t.test('/metrics of each node tells nodes and their parts in a room apart', { skip: noRedis }, async (t) => {
  const at = await nodesStage(t);
  const [a, b] = [await at.node(), await at.node()];
  const [ada, ben] = [await at.member(a, 'ada'), await at.member(b, 'ben')];
  for (let index = 0; index < 10; index++) await ada.ask(add(`i${index}`));
  await ben.next(({ type, toVersion }) => type === 'sceneDelta' && toVersion === 10);
  await until(async () => (await samples(a)).get('tandem_nodes') === 2, 'it knows of the other');
  const [ofA, ofB] = [await samples(a), await samples(b)];
  const names = [ofA, ofB].map((one) =>
    [...one.keys()].find((name) => name.startsWith('tandem_node_info{node=')),
  );
  t.not(names[0], names[1], 'each has its name');
  for (const one of [ofA, ofB]) {
    t.equal(one.get('tandem_rooms'), 1);
    t.equal(one.get('tandem_log_writable'), 1);
    t.equal(one.get('tandem_waiting_entries'), 0);
    t.equal(one.get('tandem_missed_total'), 0);
  }
  t.ok((ofA.get('tandem_appended_entries_total') ?? 0) >= 11, 'what ada did');
  t.ok((ofB.get('tandem_heard_entries_total') ?? 0) >= 10, 'and what ben heard of it');
  t.ok((ofB.get('tandem_appended_entries_total') ?? 0) < 10);
  t.ok((ofA.get('tandem_append_seconds_count') ?? 0) >= 10);

  at.redis.signal('SIGSTOP');
  const refused = ada.ask(add('late'));
  await until(async () => (await samples(a)).get('tandem_waiting_entries') === 1, 'it waits');
  t.match(await refused, { type: 'error', code: 'OUTCOME_UNKNOWN' });
  const away = await samples(a);
  t.equal(away.get('tandem_log_writable'), 0);
  t.equal(away.get('tandem_errors_total{code="OUTCOME_UNKNOWN"}'), 1);
  at.redis.signal('SIGCONT');
  await until(async () => (await samples(a)).get('tandem_log_writable') === 1, 'it works again');
});
