import t from 'tap';
import type { ConnectionHandler } from '../../server/transport/connection.ts';
import { negotiatedProtocol, optional, peerAddress, splitTarget } from '../../server/transport/handshake.ts';

function choosing(select: (offered: readonly string[]) => string): ConnectionHandler {
  return {
    selectProtocol: select,
    opened() {},
    received() {},
    dropped() {},
    drained() {},
    closed() {},
  };
}

t.test('addresses have one spelling', async (t) => {
  for (const [text, address] of [
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['0000:0000:0000:0000:0000:ffff:10.0.0.1', '10.0.0.1'],
    ['::1', '::1'],
    ['0000:0000:0000:0000:0000:0000:0000:0001', '::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:00a1', '2001:db8::a1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['', ''],
  ] as const) {
    t.equal(peerAddress(text), address, text);
  }
});

t.test('a subprotocol is chosen among those offered', async (t) => {
  const seen: (readonly string[])[] = [];
  const last = choosing((offered) => {
    seen.push(offered);
    return offered.at(-1) ?? '';
  });
  t.equal(negotiatedProtocol(last, 'a, b ,,c'), 'c');
  t.equal(negotiatedProtocol(last, ''), '');
  t.equal(negotiatedProtocol(last, ' , '), '');
  t.same(seen, [['a', 'b', 'c']], 'not asked where nothing is offered');
  t.equal(
    negotiatedProtocol(
      choosing(() => 'other'),
      'a',
    ),
    '',
    'never one that was not offered',
  );
});

t.test('a target is path and raw query', async (t) => {
  t.same(splitTarget('/a?b=%20?c'), { path: '/a', query: 'b=%20?c' });
  t.same(splitTarget('/a'), { path: '/a', query: '' });
  t.same(splitTarget('/?'), { path: '/', query: '' });
  t.same([optional(''), optional(undefined), optional('x')], [undefined, undefined, 'x']);
});
