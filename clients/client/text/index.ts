import type { TextSupport } from '../text-support.ts';
import { Replica } from './replica.ts';

export type { RoomText, TextEvents } from './room-text.ts';

/** Lets `room.text(id)` edit texts: `connect(url, { text })`. */
export const text: TextSupport = { create: (stage) => new Replica(stage) };
