import type { Framing } from '../dialect.ts';
import { readMark } from '../mark.ts';
import { batchFrames, singleFrames } from './json.ts';

/** What a vocabulary says to clients of HTTP: an event of their stream, or the answer to one of their posts. */
export type StreamMessage = StreamEvent | { readonly answer: StreamAnswer };

export interface StreamEvent {
  readonly event: string;
  readonly data: unknown;
  /** Handed in as `Last-Event-ID` by a client that comes back. */
  readonly id?: string;
}

/** Never part of the stream: the transport takes it for the response to the post with this ref. */
export interface StreamAnswer {
  readonly ref: string | number;
  readonly ok: boolean;
  readonly [field: string]: unknown;
}

/** The last event of a stream; nothing comes after it. */
export const CLOSE = 'close';

/**
 * One event as it leaves. HTML standard, "Server-sent events": a line break would begin another field, or
 * another event; JSON has none, and the rest is taken care of here.
 *
 * @param retryMs the time after which the client shall come back when the stream has ended
 */
export function encodeStreamEvent({ id, event, data }: StreamEvent, retryMs?: number): string {
  const head = id === undefined ? '' : `id: ${oneLine(id)}\n`;
  const retry = retryMs === undefined ? '' : `retry: ${Math.round(retryMs)}\n`;
  return `${retry}${head}event: ${oneLine(event)}\ndata: ${JSON.stringify(data) ?? 'null'}\n\n`;
}

/** Whether a frame is an answer, and no part of the stream. */
export function isAnswer(frame: string): boolean {
  return frame.startsWith('{');
}

/** Whether a frame is the last one. */
export function isLast(frame: string): boolean {
  return frame.startsWith(`event: ${CLOSE}\n`);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a null in an id makes clients overlook it
const BREAKS = /[\r\n\u0000]/g;

function oneLine(text: string): string {
  return text.replace(BREAKS, ' ');
}

/** @param withOffset the stream carries more than the scene, so that the version alone would say too little */
export function streamFraming(withOffset: boolean): Framing {
  return {
    decode: singleFrames.decode,
    encode(message) {
      const one = message as StreamMessage;
      return 'answer' in one ? JSON.stringify(one.answer) : encodeStreamEvent(one);
    },
    frames: (encoded) => encoded,
    isWatched: true,
    returns: true,
    isApart: isAnswer,
    isAwaited: () => true,
    mark(messages, text) {
      const mark = readMark(text);
      const at = messages.findLastIndex((one) => 'event' in one);
      if (mark === undefined) return [...messages];
      const id = `${mark.epoch}:${mark.version}${withOffset ? `:${mark.offset}` : ''}`;
      return messages.map((one, index) => (index === at ? { ...one, id } : one));
    },
    batches: false,
  };
}

/** Of clients that only post: they are there as long as they do. */
export const postFraming: Framing = {
  decode: singleFrames.decode,
  encode: (message) => JSON.stringify((message as { answer: StreamAnswer }).answer),
  frames: (encoded) => encoded,
  isWatched: false,
  isAwaited: () => true,
  batches: false,
};

/** Frames of `tandem.v1`, each as an event without a name. JSON has no line breaks. [SPEC: ES13] */
export const batchEvents: Framing = {
  ...batchFrames,
  frames: (encoded) => batchFrames.frames(encoded).map((frame) => `data: ${frame}\n\n`),
};

/** Where a client stands by its `Last-Event-ID`; undefined where that is none of this server's. */
export function readEventId(
  id: string | undefined,
): { epoch: string; version: number; offset?: number } | undefined {
  const found = /^([^:\s]{1,200}):(\d{1,15})(?::(\d{1,15}))?$/.exec(id ?? '');
  const [, epoch, version, offset] = found ?? [];
  if (epoch === undefined) return undefined;
  return { epoch, version: Number(version), ...(offset === undefined ? {} : { offset: Number(offset) }) };
}
