import t from 'tap';
import { bigScene } from '../../bench/workloads/big-scene.ts';

t.setTimeout(120_000);

const [{ rows }] = bigScene.cases as [(typeof bigScene.cases)[number]];
/** What an item of them takes in JSON, at least. */
const ITEM_BYTES = 70;
const small = { rounds: 1, warmUpMs: 0, measuredMs: 0, part: 0.005, threads: 1 };

for (const row of rows) {
  t.test(`${row.name}: whoever joins is counted with the whole scene`, async (t) => {
    const { figures, doubts } = await row.run(small);
    // How busy a machine is that runs other tests, too, is no matter here.
    const others = doubts.filter((doubt) => !doubt.startsWith('the load was busy'));
    t.same([figures.scenes, others], [200, []]);
    t.ok((figures.sceneBytes ?? 0) >= 50 * ITEM_BYTES, `${figures.sceneBytes} bytes`);
  });
}
