import t from 'tap';
import { emit, socketFraming } from '../../../server/dialect/framings/socket-io-framing.ts';

const [marking, plain] = [socketFraming('/', true), socketFraming('/', false)];

t.test('[SO14] what an event ends with is taken for a mark only where it is one', async (t) => {
  for (const [args, encoded] of [
    [[], '42["news",null]'],
    [['a text'], '42["news","a text",null]'],
    [[{ a: 'text' }], '42["news",{"a":"text"}]'],
    [[1], '42["news",1]'],
  ] as const)
    t.equal(marking.encode(emit('news', ...args)), encoded);
  const marked = marking.mark?.([emit('news', 'a text'), emit('news', 'another')], 'the mark') ?? [];
  t.strictSame(
    marked.map((one) => marking.encode(one)),
    ['42["news","a text",null]', '42["news","another","the mark"]'],
  );
});

t.test('where nobody looks for marks, nothing stands behind a text', async (t) => {
  t.equal(plain.encode(emit('news')), '42["news"]');
  t.equal(plain.encode(emit('news', 'a text')), '42["news","a text"]');
});
