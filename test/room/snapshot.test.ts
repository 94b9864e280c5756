import fc from 'fast-check';
import t from 'tap';
import { apply } from '../../server/room/apply.ts';
import { decodeSnapshot, encodeSnapshot } from '../../server/room/snapshot.ts';
import { emptyRoom } from '../../server/room/state.ts';
import { history } from './arbitraries.ts';
import { configure } from './entries.ts';

const small = {
  KEPT_EVENTS: 5,
  KEPT_TEXT_OPERATIONS: 2,
  KEPT_OP_IDS: 2,
  KEPT_MESSAGES: 2,
  MAX_SELECTIONS: 2,
};

t.test('[DU2] at any point of any history a snapshot makes an equal state', async (t) => {
  fc.assert(
    fc.property(history, (entries) => {
      const state = emptyRoom();
      apply(state, configure(state, small));
      for (const entry of entries) {
        apply(state, entry);
        const text = encodeSnapshot(state);
        const again = decodeSnapshot(text);
        if (encodeSnapshot(again) !== text) return false;
      }
      t.strictSame(decodeSnapshot(encodeSnapshot(state)), state);
      return true;
    }),
    { numRuns: 100 },
  );
});

t.test('[DU2] [RS5] who goes on from a snapshot reaches the same state, with the same effects', async () => {
  fc.assert(
    fc.property(history, fc.nat(40), (entries, point) => {
      const texts = entries.map((entry) => JSON.stringify(entry));
      const whole = emptyRoom();
      apply(whole, configure(whole, small));
      let resumed = emptyRoom();
      for (const [index, text] of texts.entries()) {
        const effects = apply(whole, JSON.parse(text));
        if (index === point) resumed = decodeSnapshot(encodeSnapshot(whole));
        if (index <= point) continue;
        if (JSON.stringify(apply(resumed, JSON.parse(text))) !== JSON.stringify(effects)) return false;
      }
      return point >= texts.length || encodeSnapshot(resumed) === encodeSnapshot(whole);
    }),
    { numRuns: 200 },
  );
});

t.test('a snapshot of another format is refused', async (t) => {
  const text = encodeSnapshot(emptyRoom()).replace('"format":1', '"format":2');
  t.throws(() => decodeSnapshot(text), { message: 'snapshot of format 2; this version reads 1' });
  t.throws(() => decodeSnapshot('{}'));
  t.throws(() => decodeSnapshot('nonsense'));
});
