import { isId } from '../../../protocol/index.ts';
import type { Framing } from '../dialect.ts';
import { encodeAck, encodeConnect, encodeEvent, isReservedEvent } from './socket-io-encode.ts';

/** What a vocabulary of Socket.IO says: an event, the answer to one, or that the client is let in. */
export type SocketMessage =
  | { readonly event: string; readonly args: readonly unknown[]; readonly mark?: string }
  | { readonly ack: number; readonly args: readonly unknown[] }
  | { readonly connect: { readonly sid: string; readonly pid?: string } };

/** An event as it came: its name as the type, and a ref from which its ack id can be read again. */
export interface SocketEvent {
  readonly type: string;
  readonly ref: string;
  /** A callback waits for the answer. */
  readonly isAsked: boolean;
  readonly args: readonly unknown[];
}

/** Of any name: one that is no part of a ref means nothing anyhow, and its callback is answered all the same. */
export function socketEvent(name: string, id: number | undefined, args: readonly unknown[]): SocketEvent {
  const end = `#${id ?? ''}`;
  const ref = name + end;
  return { type: name, ref: isId(ref) ? ref : end, isAsked: id !== undefined, args };
}

/** The name and the ack id of the event that an answer is for. */
export function originOf(ref: string | number | undefined): { name: string; id: number | undefined } {
  const text = String(ref ?? '');
  const mark = text.lastIndexOf('#');
  if (mark < 0) return { name: '', id: undefined };
  const id = text.slice(mark + 1);
  return { name: text.slice(0, mark), id: id === '' ? undefined : Number(id) };
}

/** An event; one of an application that is called as Socket.IO calls its own gets another name, as in event streams. */
export function emit(event: string, ...args: unknown[]): SocketMessage {
  return { event: isReservedEvent(event) ? `published:${event}` : event, args };
}

type EventMessage = Extract<SocketMessage, { event: string }>;

function withMark(messages: readonly object[], mark: string): object[] {
  const index = messages.findLastIndex((one) => 'event' in one);
  return messages.map((one, at) => {
    const { event, args } = one as EventMessage;
    return at === index ? { event, args, mark } : one;
  });
}

/**
 * The mark of connection state recovery is the last argument of an event. Clients take any text that stands last for
 * one, be it the name of the event.
 */
function markedArgs({ event, args, mark }: EventMessage): readonly unknown[] {
  if (mark !== undefined) return [...args, mark];
  const last = args.length === 0 ? event : args.at(-1);
  return typeof last === 'string' ? [...args, null] : args;
}

/** Finished packets of one namespace, as Engine.IO messages. Socket.IO protocol 5, "Packet encoding". */
export function socketFraming(namespace: string, marks: boolean): Framing {
  return {
    decode: undefined,
    encode(message) {
      const one = message as SocketMessage;
      if ('event' in one) return encodeEvent(namespace, one.event, marks ? markedArgs(one) : one.args);
      if ('ack' in one) return encodeAck(namespace, one.ack, one.args);
      return encodeConnect(namespace, one.connect);
    },
    frames: (encoded) => encoded,
    isWatched: true,
    isAwaited: (message) => (message as SocketEvent | undefined)?.isAsked === true,
    // No callback waits for it.
    isUnanswered: (ref) => originOf(ref).id === undefined,
    ...(marks ? { mark: withMark } : {}),
    batches: false,
  };
}
