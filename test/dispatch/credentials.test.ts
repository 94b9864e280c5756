import fc from 'fast-check';
import t from 'tap';
import { type CredentialSource, credentialOf } from '../../server/dispatch/credentials.ts';

const options = { cookieName: 'token', allowedOrigins: ['https://app.example'] };
const nothing = { query: '', authorization: undefined, cookie: undefined, origin: undefined };

function found(source: Partial<CredentialSource>, allowedOrigins = options.allowedOrigins) {
  return credentialOf({ ...nothing, ...source }, { ...options, allowedOrigins });
}

t.test('header, then query, then cookie', async (t) => {
  const all = { authorization: 'Bearer h', query: 'a=1&token=q', cookie: 'token=c' };
  t.same(found(all), { token: 'h', source: 'header' });
  t.same(found({ ...all, authorization: undefined }), { token: 'q', source: 'query' });
  t.same(found({ cookie: 'token=c' }), { token: 'c', source: 'cookie' });
  t.equal(found({}), undefined);
});

t.test('the Authorization header', async (t) => {
  t.same(found({ authorization: 'bearer  abc ' }), { token: 'abc', source: 'header' });
  for (const authorization of ['Basic abc', 'Bearer', 'Bearer ', 'Bearerabc', '']) {
    t.equal(found({ authorization }), undefined, authorization);
  }
  const oddly = { authorization: 'Bearer a b' };
  t.same(found(oddly), { token: 'a b', source: 'header' }, 'to be refused, not overlooked');
});

t.test('the header is read in linear time, however it is written', async (t) => {
  const lengthOf = (authorization: string) => {
    const credential = found({ authorization });
    return credential !== undefined && 'token' in credential ? credential.token.length : undefined;
  };
  // A hundred times what a head may have: the square of that would take minutes.
  for (const blanks of [' '.repeat(2_000_000), '\t'.repeat(2_000_000), ' \t'.repeat(1_000_000)]) {
    t.equal(lengthOf(`Bearer a${blanks}b`), 2_000_002);
    t.equal(lengthOf(`Bearer${blanks}a${blanks}`), 1);
    t.equal(lengthOf(`${blanks}Bearer a`), 1);
    t.equal(lengthOf(`Bearer${blanks}`), undefined);
    t.equal(lengthOf(`${blanks}a`), undefined);
  }
});

t.test('the query', async (t) => {
  t.same(found({ query: 'token=a%2Eb&token=c' }), { token: 'a.b', source: 'query' });
  for (const query of ['token=', 'token', 'mytoken=x', '%', '&&='])
    t.equal(found({ query }), undefined, query);
});

t.test('the cookie', async (t) => {
  const cases = {
    'a=1; token=abc; b=2': 'abc',
    'token="abc"': 'abc',
    ' token = abc ': 'abc',
    'token=a%20b': 'a b',
    'token=%': '%',
    'token=a=b': 'a=b',
    'token=first; token=second': 'first',
    'flag; token=abc': 'abc',
  };
  for (const [cookie, token] of Object.entries(cases))
    t.same(found({ cookie }), { token, source: 'cookie' }, cookie);
  for (const cookie of ['', 'token', 'token=', 'xtoken=a', 'Token=a', ';;;=;']) {
    t.equal(found({ cookie }), undefined, cookie);
  }
});

t.test('the cookie counts only from allowed origins and the own one', async (t) => {
  const refused = { refused: 'ORIGIN_REFUSED' };
  const cookie = 'token=c';
  const host = 'tandem.example';
  const accepted = { token: 'c', source: 'cookie' };
  t.same(found({ cookie, origin: 'https://app.example' }), accepted);
  t.same(found({ cookie, origin: 'https://tandem.example', host }), accepted);
  t.same(found({ cookie, origin: 'https://tandem.example:443', host }), accepted);
  t.same(found({ cookie, origin: 'http://tandem.example:3001', host: 'tandem.example:3001' }), accepted);
  const foreign = [
    'https://evil.example',
    'http://app.example',
    'https://app.example:8443',
    'https://app.example.evil.example',
    'https://tandem.example:3001',
    'null',
    'file://',
    'nonsense',
    '',
  ];
  for (const origin of foreign) t.same(found({ cookie, origin, host }), refused, origin);
  t.same(found({ cookie, origin: 'https://tandem.example' }), refused, 'no Host header');
  t.same(found({ cookie, origin: 'https://evil.example' }, ['*']), refused, '* admits no cookie');
});

t.test('other sources may come from any origin', async (t) => {
  t.match(found({ query: 'token=q', cookie: 'token=c', origin: 'https://evil.example' }), { token: 'q' });
});

t.test('never throws, whatever the headers', async () => {
  const text = fc.option(fc.string({ unit: 'binary' }), { nil: undefined });
  fc.assert(
    fc.property(fc.string(), text, text, text, text, (query, authorization, cookie, origin, host) => {
      credentialOf({ query, authorization, cookie: cookie && `token=${cookie}`, origin, host }, options);
    }),
  );
});
