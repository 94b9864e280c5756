/*
 * What the server's own code costs for a message, step by step and on its whole way, without sockets:
 * `npm run bench:micro`. For comparing a change with what was before it, on one machine.
 */
import { Bench } from 'tinybench';
import { paths } from './path.ts';
import { openStage } from './stage.ts';
import { steps } from './steps.ts';

const stage = await openStage();
const rows: { name: string; messages: number }[] = [];
const bench = new Bench({ time: 1500, warmupTime: 500 });
for (const { name, messages, run } of [...(await paths(stage)), ...(await steps())]) {
  rows.push({ name, messages });
  bench.add(name, run);
}
await bench.run();
console.table(
  bench.tasks.map(({ result }, index) => {
    const { name = '', messages = 1 } = rows[index] ?? {};
    if (!('latency' in result)) return { name, 'µs a message': 'failed' };
    const each = (ms: number) => Number(((ms * 1000) / messages).toFixed(3));
    return { name, 'µs a message': each(result.latency.p50), least: each(result.latency.min) };
  }),
);
await stage.close();
process.exit();
