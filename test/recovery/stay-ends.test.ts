import t from 'tap';
import { StayEnds } from '../../server/recovery/stay-ends.ts';
import { createManualClock } from '../support/manual-clock.ts';

/** As node `a` sees them. */
function createEnds() {
  const clock = createManualClock();
  const held = new Map<string, string>();
  const ended: string[] = [];
  const ends = new StayEnds({
    clock,
    nodeId: 'a',
    nodes: { gone: async (nodes) => [...nodes] },
    isHeldBy: (pid, node) => held.get(pid) === node,
    onEnd(pid) {
      held.delete(pid);
      ended.push(pid);
    },
  });
  const pass = async (ms: number) => {
    clock.advance(ms);
    ends.sweep();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { ends, held, ended, pass };
}

t.test('a stay that another node has taken ends two minutes after that one has died, too', async (t) => {
  const { ends, held, ended, pass } = createEnds();
  held.set('moves', 'b').set('stays', 'b');
  for (const pid of held.keys()) ends.begin(pid, 'b');
  await pass(60_000);
  held.set('moves', 'c');
  ends.begin('moves', 'c');
  await pass(60_000);
  t.same(ended, ['stays']);
  await pass(59_999);
  t.same(ended, ['stays']);
  await pass(1);
  t.same(ended, ['stays', 'moves']);
});

t.test('a node that comes back and dies again leaves its stays as much time as before', async (t) => {
  const { ends, held, ended, pass } = createEnds();
  held.set('pid', 'b');
  ends.begin('pid', 'b');
  await pass(100_000);
  ends.begin('pid', 'b');
  await pass(119_999);
  t.same(ended, []);
  await pass(1);
  t.same(ended, ['pid']);
});
