import { type BlockList, isIP, isIPv6 } from 'node:net';
import { peerAddress } from './handshake.ts';

/** The address of a client. `forwardedFor`: the header X-Forwarded-For, of several the one after the other. */
export type ClientAddress = (peer: string, forwardedFor: () => string | undefined) => string;

/** Some proxies name it, too: `203.0.113.7:51234`, `[2001:db8::1]:51234`. */
function withoutPort(entry: string): string {
  return /^(?:\[(.*)\]|([\d.]+))(?::\d+)?$/.exec(entry)?.slice(1).find(Boolean) ?? entry;
}

/**
 * As long as whoever speaks is one of the proxies, whom it names is believed: the last entry is the proxy's own,
 * those before it are what it was told.
 *
 * @param proxies undefined: nobody is believed
 */
export function clientAddressBehind(proxies: BlockList | undefined): ClientAddress {
  const isTrusted = (address: string) =>
    isIP(address) !== 0 && proxies?.check(address, isIPv6(address) ? 'ipv6' : 'ipv4') === true;
  return (peer, forwardedFor) => {
    if (!isTrusted(peer)) return peer;
    let address = peer;
    for (const entry of (forwardedFor() ?? '').split(',').reverse()) {
      const named = withoutPort(entry.trim());
      if (isIP(named) === 0) break;
      address = peerAddress(named);
      if (!isTrusted(address)) break;
    }
    return address;
  };
}
