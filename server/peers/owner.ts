import type { Peers } from './peers.ts';

/** What other nodes are asked by, in what clients hand in; never `everybody`. */
const OWNED = /\.([\w-]{1,64})$/;

/** Ids that tell every node where what they name lives. They stay as hard to guess as they are. */
export function ownedIds(newId: () => string, peers: Peers | undefined): () => string {
  return peers === undefined ? newId : () => `${newId()}.${peers.nodeId}`;
}

/** The other node that has made the id; undefined: it is this one, or nobody. */
export function ownerOf(id: string, peers: Peers | undefined): string | undefined {
  if (peers === undefined) return undefined;
  const node = OWNED.exec(id)?.[1];
  return node === peers.nodeId ? undefined : node;
}
