import { readSync } from 'node:fs';

/* Layout: `MDB_page`, `MDB_node`, `MDB_ovpage` and `MDB_db` in LMDB's mdb.c, data version 2, 64 bit. */
const PAGE_HEADER = 24;
const PAGE_FLAGS = 18;
const PAGE_LOWER = 20;
const BRANCH_PAGE = 0x01;
const NODE_HEADER = 8;
const NODE_IN_OVERFLOW = 0x01;
const NODE_IS_TREE = 0x02;
const TREE_ROOT = 40;
const OVERFLOW_COUNT = 16;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

/**
 * Walks the trees of a store and returns the first page in use that does not lie wholly within `size` bytes;
 * `undefined` when all do. Reads every inner and leaf page: time grows with the store.
 */
export function firstPageBeyond(
  descriptor: number,
  size: number,
  header: { readonly pageBytes: number; readonly roots: readonly (number | undefined)[] },
): number | undefined {
  const { pageBytes } = header;
  const pages = Math.floor(size / pageBytes);
  const bytes = Buffer.alloc(pageBytes);
  const waiting = header.roots.filter((root) => root !== undefined);
  const seen = new Set<number>();
  for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
    if (page >= pages) return page;
    if (seen.has(page)) continue;
    seen.add(page);
    readSync(descriptor, bytes, 0, pageBytes, page * pageBytes);
    const leaf = !(bytes.readUInt16LE(PAGE_FLAGS) & BRANCH_PAGE);
    const nodes = bytes.readUInt16LE(PAGE_LOWER) / 2;
    for (let index = 0; index < nodes; index++) {
      const node = PAGE_HEADER + bytes.readUInt16LE(PAGE_HEADER + 2 * index);
      const flags = bytes.readUInt16LE(node + 4);
      const value = node + NODE_HEADER + bytes.readUInt16LE(node + 6);
      // An inner node keeps its child's page number where a leaf node keeps the value's size and flags.
      if (!leaf) waiting.push(bytes.readUIntLE(node, 6));
      else if (flags & NODE_IN_OVERFLOW) {
        const last = bytes.readBigUInt64LE(value) + bytes.readBigUInt64LE(value + OVERFLOW_COUNT) - 1n;
        if (last >= pages) return Number(last);
      } else if (flags & NODE_IS_TREE) {
        const root = bytes.readBigUInt64LE(value + TREE_ROOT);
        if (root !== NO_PAGE) waiting.push(Number(root));
      }
    }
  }
  return undefined;
}
