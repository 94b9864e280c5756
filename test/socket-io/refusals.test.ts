import t from 'tap';
import { onEach } from './stage.ts';

onEach(t, '[SO3] a callback is answered, whatever its event is called', async (t, start) => {
  const at = await start();
  const one = await at.client();
  for (const name of ['', 'a\u0000b', '\ud800', 'a#7', '#', 'x'.repeat(190), 'x'.repeat(5000)]) {
    t.match(await one.ask(name, {}), { ok: false, code: 'UNKNOWN_TYPE' }, JSON.stringify(name.slice(0, 9)));
  }
  t.notOk(one.heard().includes('error'));
});
