/**
 * Whether a client of Socket.IO bears nothing beyond what it knows, as the one in Python: its handlers fail where an
 * event has one more argument than they take, and it breaks off over more than {@link STRICT_PACKETS} at once. It is
 * known by the order of its parameters: it names the transport before the protocol's version. Others
 * that do so, too, as the one in Swift, are served as it is: without marks, in smaller answers.
 *
 * @param query of the opening request
 */
export function isStrict(query: string): boolean {
  const names = [...new URLSearchParams(query).keys()];
  return names.indexOf('transport') < names.indexOf('EIO');
}

/** Packets that a strict client takes as the answer to one poll. */
export const STRICT_PACKETS = 16;
