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
  '[RL3] so is who says what nobody has asked for, or speaks where it was not let in',
  async (t, start) => {
    const token = JSON.stringify({ token: await tokenOf('eve') });
    for (const [what, entry, packet] of [
      ['answers', `40/scenes,${token}`, '43/scenes,1[]'],
      ['answers with bytes', `40/scenes,${token}`, '461-/scenes,1[{"_placeholder":true,"num":0}]'],
      ['was refused', '40/scenes,{}', '42/scenes,["joinScene"]'],
      ['was refused, and answers', '40/scenes,{}', '43/scenes,1[]'],
    ] as const) {
      const at = await start(env);
      const eve = await rawSocket(t, at);
      eve.send(entry);
      await eve.until((one) => /^4[04]\/scenes,/.test(one));
      for (let count = 0; count < EACH_WINDOW; count++) {
        eve.send(packet);
        if (packet.startsWith('46')) eve.send(Uint8Array.of(1));
      }
      eve.send('40/last,');
      const ended = await Promise.race([eve.closed, eve.until((one) => one.startsWith('44/last,'))]);
      const [code, reason] = ended as [number, Buffer];
      t.same([code, String(reason)], [4102, '{"code":"FLOOD"}'], what);
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
