import { isId, isPlainObject, type Refusal } from '../../protocol/index.ts';
import type { Dialect } from '../dialect/dialect.ts';
import type { DirectEvent, Ref } from '../dialect/events.ts';

/** The error that answers a message, with what can be told of the message. */
export function errorEvent(refusal: Refusal, message: unknown): Extract<DirectEvent, { type: 'error' }> {
  const { code, details } = refusal;
  const event: Extract<DirectEvent, { type: 'error' }> = {
    type: 'error',
    code,
    message: refusal.message,
    details,
  };
  if (!isPlainObject(message)) return event;
  const { type, ref, roomId, opId } = message;
  if (typeof type === 'string' && type.length <= 200) event.op = type;
  if (isId(ref) || Number.isInteger(ref)) event.ref = ref as Ref;
  if (isId(roomId)) event.roomId = roomId;
  if (isId(opId)) event.opId = opId;
  return event;
}

/** Names a field at fault as the client does. */
export function renameField({ vocabulary }: Dialect, event: Extract<DirectEvent, { type: 'error' }>): void {
  const path = event.details?.path;
  if (path === undefined || vocabulary.inbound?.nameOf === undefined) return;
  event.details = { ...event.details, path: vocabulary.inbound.nameOf(path, event.op, event.ref) };
}
