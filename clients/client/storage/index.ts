export type { OutboxStore, StoredCommand } from '../outbox-store.ts';
export { indexedDbOutbox } from './indexed-db.ts';
export { MemoryOutboxes } from './memory.ts';
