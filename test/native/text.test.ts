import { type as text } from 'ot-text-unicode';
import t from 'tap';
import type { Message } from '../support/wire.ts';
import { ofType, stage } from './person.ts';

const edit = (operation: unknown[], version: number, more: Message = {}): Message => ({
  type: 'operation',
  documentId: 'd',
  operation,
  version,
  ...more,
});

t.test('[TX1] a document begins empty at version 0 and is counted in code points', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  const sync = await ada.ask({ type: 'requestSync', documentId: 'd' });
  t.strictSame(sync.documents, { d: { version: 0, text: '' } });
  t.equal(sync.mode, 'full');
  t.hasStrict(await ada.ask(edit(['😀ü'], 0)), { ok: true, version: 1 });
  t.hasStrict(await ada.ask(edit([1, 'x', { d: 1 }], 1)), { ok: true, version: 2 });
  t.hasStrict(await ada.ask(edit([1, { d: 'x' }], 2)), { ok: true, version: 3 });
  t.strictSame((await ada.ask({ type: 'requestSync', documentId: 'd' })).documents.d, {
    version: 3,
    text: '😀',
  });
  t.strictSame((await ada.ask({ type: 'requestSync' })).documents, { d: { version: 3, text: '😀' } });
});

t.test('[TX2] the server transforms, acknowledges the version, and sends what it made of it', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask(edit(['hello'], 0));
  await ben.news();
  await ada.ask(edit(['A '], 1));
  t.hasStrict(await ben.ask(edit([5, '!'], 1, { opId: 'mine' })), { ok: true, version: 3, opId: 'mine' });
  const [sent] = ofType(await ada.news(), 'operation');
  t.hasStrict(sent, { documentId: 'd', operation: [7, '!'], version: 3, userId: 'ben', opId: 'mine' });
  t.equal(sent?.connectionId, ben.wire.id);
  t.same(
    ofType(await ben.news(), 'operation').map((one) => one.version),
    [2],
    'its own is not sent to it',
  );
  t.equal((await ben.ask({ type: 'requestSync' })).documents.d.text, 'A hello!');
});

t.test('[TX3] of two inserts at one place the later one’s text stands first', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask(edit(['[]'], 0));
  await ada.ask(edit([1, 'first'], 1));
  await ben.ask(edit([1, 'later'], 1));
  t.equal((await ada.ask({ type: 'requestSync' })).documents.d.text, '[laterfirst]');
});

t.test('[TX2] everybody reaches the same text, whatever they send at which version', async (t) => {
  const at = await stage(t);
  const people = [await at.member('u0'), await at.member('u1'), await at.member('u2')];
  let seed = 11;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed % below;
  };
  const copies = people.map(() => ({ text: '', version: 0 }));
  for (let round = 0; round < 60; round++) {
    const pending = people.map((one, index) => {
      const { text: own, version } = copies[index] ?? { text: '', version: 0 };
      const length = [...own].length;
      const skip = random(length + 1);
      const deletes = skip < length && random(3) === 0;
      const operation = [
        ...(skip > 0 ? [skip] : []),
        deletes ? { d: 1 } : `${index}😀`.slice(0, 1 + random(3)),
      ];
      const well = operation.every((part) => typeof part !== 'string' || part.isWellFormed());
      one.send(edit(well ? operation : ['x'], version));
      return { operation: (well ? operation : ['x']) as Message[], version };
    });
    await at.pass(32);
    for (const [index, one] of people.entries()) {
      const copy = copies[index] ?? { text: '', version: 0 };
      const own = pending[index];
      const news = await one.news();
      const acked = ofType(news, 'ack').at(-1)?.version;
      let mine: unknown = own?.operation;
      for (const { operation, version } of ofType(news, 'operation')) {
        // Before its own in the server's order: applied below it, and its own moved over it.
        if (version > acked && mine !== undefined) {
          copy.text = text.apply(copy.text, mine as never);
          mine = undefined;
        }
        copy.text = text.apply(copy.text, operation);
        copy.version = version;
        if (mine !== undefined) mine = text.transform(mine as never, operation, 'left');
      }
      if (mine !== undefined) copy.text = text.apply(copy.text, mine as never);
      copy.version = Math.max(copy.version, acked);
    }
    t.same(new Set(copies.map((one) => one.text)).size, 1);
  }
  const { documents } = await (people[0] as (typeof people)[0]).ask({ type: 'requestSync' });
  t.strictSame(documents.d, copies[0]);
});

t.test('[TX4] what does not fit the document is refused', async (t) => {
  const at = await stage(t, { KEPT_TEXT_OPERATIONS: '5' });
  const [ada, ben, eve] = [await at.member('ada'), await at.member('ben'), await at.member('eve')];
  await ada.ask(edit(['abc'], 0));
  await ben.news();
  for (const operation of [[4, 'x'], [2 ** 40, 'x'], [{ d: 4 }], [4], [2 ** 40], [2, { d: 2 }], ['\ud800']]) {
    const refusal = await ada.ask(edit(operation, 1));
    t.hasStrict(refusal, { code: 'TEXT_OPERATION_INVALID', path: 'operation' }, JSON.stringify(operation));
  }
  t.hasStrict(await ada.ask(edit(['x'], 2)), { code: 'VERSION_UNKNOWN', path: 'version', version: 1 });
  t.hasStrict(await ada.ask(edit(['x'], 9e15)), { code: 'VERSION_UNKNOWN' });
  for (let version = 1; version < 7; version++) await ada.ask(edit(['x'], version));
  t.hasStrict(await eve.ask(edit(['x'], 1)), { code: 'VERSION_UNKNOWN' }, 'older than what is kept');
  t.hasStrict(await eve.ask(edit(['y'], 2)), { type: 'ack', version: 8 }, 'the oldest that is kept');
  t.equal(ofType(await ben.news(), 'operation').length, 7);
});

t.test('[TX4] [TX6] what is kept bounds what others did, and not what one writes oneself', async (t) => {
  const at = await stage(t, { KEPT_TEXT_OPERATIONS: '5' });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  for (let count = 0; count < 20; count++) t.hasStrict(await ada.ask(edit(['a'], 0)), { type: 'ack' });
  t.hasStrict(await ben.ask(edit(['b'], 20)), { version: 21 });
  for (let count = 0; count < 20; count++) t.hasStrict(await ada.ask(edit(['a'], 0)), { type: 'ack' });
  for (let version = 41; version < 45; version++) await ben.ask(edit(['b'], version));
  t.hasStrict(
    await ada.ask(edit([40, '!'], 0)),
    { version: 46 },
    'without a word about the five of the other',
  );
  await ben.ask(edit(['b'], 46));
  t.hasStrict(await ada.ask(edit(['a'], 0)), { code: 'VERSION_UNKNOWN', version: 47 });
  t.hasStrict(await ada.ask(edit(['a'], 47)), { version: 48 });
  const { text } = (await ben.ask({ type: 'requestSync' })).documents.d;
  t.equal(text, `a${'b'.repeat(5)}${'a'.repeat(20)}b${'a'.repeat(20)}!`);
});

t.test('[TX5] documents stay within MAX_TEXT_LENGTH, and a room within MAX_DOCUMENTS', async (t) => {
  const at = await stage(t, { MAX_TEXT_LENGTH: '10', MAX_DOCUMENTS: '2' });
  const ada = await at.member('ada');
  t.hasStrict(await ada.ask(edit(['x'.repeat(11)], 0)), { code: 'LIMIT_EXCEEDED', limit: 'MAX_TEXT_LENGTH' });
  t.hasStrict(await ada.ask(edit(['😀'.repeat(10)], 0)), { type: 'ack' }, 'characters are code points');
  t.hasStrict(await ada.ask(edit(['x'], 1)), { code: 'LIMIT_EXCEEDED' });
  t.hasStrict(await ada.ask(edit([{ d: 1 }, 'x'], 1)), { type: 'ack' });
  t.hasStrict(await ada.ask(edit(['x'], 0, { documentId: 'e' })), { type: 'ack' });
  t.hasStrict(await ada.ask(edit(['x'], 0, { documentId: 'f' })), {
    code: 'LIMIT_EXCEEDED',
    limit: 'MAX_DOCUMENTS',
  });
  t.same(Object.keys((await ada.ask({ type: 'requestSync' })).documents), ['d', 'e']);
});
