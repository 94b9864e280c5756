import t from 'tap';
import { newId } from '../server/new-id.ts';

t.test('ids are 128 random bits: none comes twice, however many are asked for', async (t) => {
  const ids = Array.from({ length: 5000 }, newId);
  t.equal(new Set(ids).size, ids.length);
  for (const id of ids) if (!/^[\w-]{22}$/.test(id)) t.fail(`${id} is not base64url`);
  const bits = ids.flatMap((id) => [...Buffer.from(id, 'base64url')]);
  for (let bit = 0; bit < 8; bit++) {
    const ones = bits.filter((byte) => byte & (1 << bit)).length / bits.length;
    t.ok(ones > 0.48 && ones < 0.52, `bit ${bit} is as often 1 as 0: ${ones}`);
  }
});
