import t from 'tap';
import { bystander, rawSocket } from './raw.ts';
import { onEach, tokenOf } from './stage.ts';

const ways = ['websocket only'];
const EACH_WINDOW = 50;
const env = { AUTH: 'required', RATE_LIMIT: `${EACH_WINDOW / 10}/10s` };

onEach(
  t,
  '[RL3] whoever comes and goes, or knocks, ten times as often as the limit is closed as a flood',
  async (t, start) => {
    const auth = JSON.stringify({ token: await tokenOf('eve') });
    for (const [what, packets] of [
      ['comes and goes', [`40/scenes,${auth}`, '41/scenes,']],
      ['has no token', ['40/scenes,{}']],
      ['has a forged one', ['40/scenes,{"token":"forged"}']],
      ['asks for what there is not', ['40/nowhere,']],
    ] as const) {
      const at = await start(env);
      const eve = await rawSocket(t, at);
      for (let count = 0; count < EACH_WINDOW; count++) for (const packet of packets) eve.send(packet);
      eve.send('40/last,');
      const [code, reason] = (await eve.closed) as [number, Buffer];
      t.same([code, JSON.parse(reason.toString())], [4102, { code: 'FLOOD' }], what);
      const metrics = await (await fetch(at.url('/metrics'))).text();
      t.match(metrics, /^tandem_suspicious_total\{kind="flood"\} 1$/m);
    }
  },
  ways,
);

onEach(
  t,
  '[RL3] whoever comes and goes more slowly than that stays, and nobody else is disturbed',
  async (t, start) => {
    const at = await start({ ...env, RATE_LIMIT: '20/10s' });
    const undisturbed = await bystander(t, at);
    const ada = await rawSocket(t, at);
    const auth = JSON.stringify({ token: await tokenOf('ada') });
    for (let count = 0; count < EACH_WINDOW; count++) {
      ada.send(`40/scenes,${auth}`);
      ada.send('41/scenes,');
    }
    ada.send('40/last,');
    await ada.until((packet) => packet.startsWith('44/last,'));
    await undisturbed();
  },
  ways,
);
