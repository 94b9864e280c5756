import fc from 'fast-check';
import { type as ot } from 'ot-text-unicode';
import t from 'tap';
import type { Room } from '../../clients/client/index.ts';
import { apply, split } from '../../clients/client/text/edits.ts';
import { limits } from '../../protocol/index.ts';
import { normalized } from '../support/normalized.ts';
import { clientStage, until } from './stage.ts';

for (const MAX_MESSAGE_BYTES of [limits.MAX_MESSAGE_BYTES, 8192]) {
  t.test(
    `what is too much for one operation arrives in several, of ${MAX_MESSAGE_BYTES} bytes`,
    async (t) => {
      const at = await clientStage(t, { MAX_MESSAGE_BYTES: String(MAX_MESSAGE_BYTES) });
      const [ada, ben] = ['ada', 'ben'].map((userId) => at.client().join('r', { user: { userId } })) as [
        Room,
        Room,
      ];
      await Promise.all([ada.joined, ben.joined]);
      const [a, b] = [ada.text('d'), ben.text('d')];
      const refused: unknown[] = [];
      for (const one of [a, b]) one.on('refused', ({ code }) => refused.push(code));
      const same = (what: string) =>
        until(() => refused.length > 0 || (ada.pending + ben.pending === 0 && a.value === b.value), what);

      a.insert(0, 'foo bar '.repeat(600));
      for (let at = a.value.indexOf('foo'); at >= 0; at = a.value.indexOf('foo', at))
        a.replace(at, 3, 'quux');
      await same('more parts than an operation may have');
      t.equal(b.value, 'quux bar '.repeat(600));

      const long = 'long \\n😀 €'.repeat(7000);
      a.insert(0, long);
      a.insert(0, '<');
      b.insert(b.value.length, '>');
      await same('more bytes than a message may have');
      t.equal(b.value, `<${long}${'quux bar '.repeat(600)}>`);

      for (const socket of at.sockets) socket.terminate();
      a.insert(0, 'first ');
      for (let bar = a.value.indexOf('bar'); bar >= 0; bar = a.value.indexOf('bar', bar + 5))
        a.insert(bar, 'X ');
      b.insert(0, 'and ');
      await same('what was typed while there was no connection');
      t.equal(b.value.split('X bar').length - 1, 600);
      t.equal(b.value.split('first ').length - 1, 1);
      t.equal(b.value.split('and ').length - 1, 1);
      t.same(refused, []);
    },
  );
}

const part = fc.oneof(
  fc.integer({ min: 1, max: 3 }),
  fc
    .tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 1000 }))
    .map(([text, times]) => text.repeat(times)),
  fc.record({ d: fc.integer({ min: 1, max: 3 }) }),
);

t.test('what an operation is split into does the same, and each piece keeps within its bounds', async () => {
  const text = '0123456789'.repeat(6);
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 20 }),
      fc.integer({ min: 4096, max: 20_000 }),
      (parts, maxBytes) => {
        const operation = normalized(parts);
        let value = text;
        for (let rest = operation; rest.length > 0; ) {
          const [first, then] = split(rest, maxBytes);
          ot.checkOp(first);
          if (first.length === 0 || Buffer.byteLength(JSON.stringify(first)) > maxBytes) return false;
          value = apply(value, first);
          rest = then;
        }
        return value === apply(text, operation);
      },
    ),
  );
});
