import t from 'tap';
import { readConfig } from '../../server/config.ts';
import { clientAddressBehind } from '../../server/transport/client-address.ts';

const proxies = (TRUSTED_PROXIES: string) => readConfig({ TRUSTED_PROXIES }).trustedProxies;

t.test('the client is whom the last proxy names that is not one itself', async (t) => {
  const behind = clientAddressBehind(proxies('10.0.0.0/8, 192.0.2.7, fd00::/8, ::1'));
  const cases: [peer: string, header: string | undefined, client: string][] = [
    ['203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['10.1.2.3', undefined, '10.1.2.3'],
    ['10.1.2.3', '', '10.1.2.3'],
    ['10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['10.1.2.3', '1.1.1.1, 198.51.100.1', '198.51.100.1'],
    ['10.1.2.3', '1.1.1.1,198.51.100.1 ,192.0.2.7, 10.9.9.9', '198.51.100.1'],
    ['10.1.2.3', '10.4.4.4, 192.0.2.7', '10.4.4.4'],
    ['10.1.2.3', '1.1.1.1, unknown', '10.1.2.3'],
    ['10.1.2.3', '1.1.1.1, unknown, 192.0.2.7', '192.0.2.7'],
    ['10.1.2.3', '::ffff:198.51.100.1', '198.51.100.1'],
    ['10.1.2.3', '1.1.1.1, ::ffff:10.4.4.4', '1.1.1.1'],
    ['fd00::1', '2001:DB8:0:0::1', '2001:db8::1'],
    ['10.1.2.3', '1.1.1.1, 198.51.100.1:51234', '198.51.100.1'],
    ['10.1.2.3', '[2001:db8::1]:443', '2001:db8::1'],
    ['10.1.2.3', '[2001:db8::1]', '2001:db8::1'],
    ['10.1.2.3', '198.51.100.1:x', '10.1.2.3'],
    ['::1', '2001:db8::1, fd12::2', '2001:db8::1'],
    ['192.0.2.8', '198.51.100.1', '192.0.2.8'],
    ['', '198.51.100.1', ''],
  ];
  for (const [peer, header, client] of cases)
    t.equal(
      behind(peer, () => header),
      client,
      `${peer} ${header}`,
    );
  t.equal(
    clientAddressBehind(undefined)('127.0.0.1', () => '1.1.1.1'),
    '127.0.0.1',
    'nobody is believed',
  );
  t.equal(
    clientAddressBehind(proxies('::ffff:10.0.0.1'))('10.0.0.1', () => '1.1.1.1'),
    '1.1.1.1',
  );
});
