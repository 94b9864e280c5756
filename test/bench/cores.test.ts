import t from 'tap';
import { busiestCore, coresIn, shared } from '../../bench/servers/cores.ts';

t.test('the cores are those that the process may use, whatever their numbers', async (t) => {
  t.same(
    coresIn('Name:\tnode\nCpus_allowed:\t3b\nCpus_allowed_list:\t1,3-5\nMems_allowed:\t1\n'),
    [1, 3, 4, 5],
  );
  t.same(coresIn('Cpus_allowed_list:\t0\n'), [0]);
  t.same(coresIn('Name:\tnode\n'), []);
});

t.test('two nodes have a core each, where one is left for the load', async (t) => {
  t.same(shared([]), undefined);
  t.same(shared([2]), undefined);
  t.same(shared([1, 3]), { servers: [1], load: [3] });
  t.same(shared([1, 3, 4]), { servers: [1, 3], load: [4] });
  t.same(shared([0, 1, 2, 3]), { servers: [0, 1], load: [2, 3] });
});

t.test('a core is as busy as all nodes that share it', async (t) => {
  t.equal(busiestCore([0.48, 0.5], shared([1, 3])), 0.98);
  t.equal(busiestCore([0.48, 0.5], shared([1, 3, 4])), 0.5);
  t.equal(busiestCore([0.5], shared([1, 3, 4])), 0.5);
  t.equal(busiestCore([0.48, 0.5], undefined), 0.5, 'where all share what there is, the busiest node counts');
});
