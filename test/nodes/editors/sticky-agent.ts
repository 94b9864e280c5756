import { Agent } from 'node:http';

let addresses = 0;

/** Balancers know a client of several requests by its address. */
export function stickyAgent(): Agent {
  addresses += 1;
  const localAddress = `127.0.${1 + Math.floor(addresses / 250)}.${1 + (addresses % 250)}`;
  return new Agent({ keepAlive: true, localAddress });
}
