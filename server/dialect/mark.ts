import type { RoomView } from './events.ts';

/** What a client has of a room. */
export interface Mark {
  readonly roomId: string;
  readonly epoch: string;
  readonly version: number;
  readonly offset: number;
}

/** As text, which clients keep and hand back when they come again. */
export function markOf({ roomId, epoch }: RoomView, place: { version: number; offset: number }): string {
  return `${place.version}.${place.offset}.${epoch}.${roomId}`;
}

/** Undefined where the text is none. */
export function readMark(text: unknown): Mark | undefined {
  const found = typeof text === 'string' ? /^(\d{1,15})\.(\d{1,15})\.([^.]+)\.(.+)$/su.exec(text) : null;
  const [, version, offset, epoch, roomId] = found ?? [];
  if (epoch === undefined || roomId === undefined) return undefined;
  return { roomId, epoch, version: Number(version), offset: Number(offset) };
}

/** Whether what was handed in as a mark can be kept: none that is given out is longer. */
export function isShort(text: unknown): text is string {
  return typeof text === 'string' && text.length <= MOST_MARK;
}

const MOST_MARK = 2500;
