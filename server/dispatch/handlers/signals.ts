import { type Command, type CommandOf, Refusal } from '../../../protocol/index.ts';
import type { SignalKind } from '../../dialect/events.ts';
import { membershipOf } from '../membership.ts';
import type { Session } from '../session.ts';
import { bytesOf } from '../size.ts';
import type { Stage, Treatment } from '../stage.ts';

function signal<T extends SignalKind>(
  kind: T,
  thingOf: (command: CommandOf<T>) => string | undefined,
): Treatment<T> {
  return {
    bucket: 'stream',
    handle(stage, session, command, size) {
      const { roomId, viewing } = membershipOf(session, command);
      const thing = thingOf(command);
      if (thing !== undefined && !viewing.has(thing)) {
        throw new Refusal('NOT_VIEWING', {
          path: 'planetId',
          expected: 'a planet that was joined as a viewer',
        });
      }
      // What came in a small message is small; only otherwise is it worth writing out.
      if (size > stage.limits.MAX_SIGNAL_BYTES) checkSize(stage, kind, command);
      stage.signal(session, roomId, kind, thing, command);
      acknowledge(stage, session, kind, roomId, command);
    },
  };
}

function checkSize(stage: Stage, kind: SignalKind, command: Command): void {
  const limit = stage.limits.MAX_SIGNAL_BYTES;
  // A camera may be as large as that; so may all that comes with it.
  const { camera, ...rest } = command as Command & { camera?: unknown };
  let path: string | undefined;
  if (bytesOf(rest) > limit) path = largestOf(rest);
  if (camera !== undefined && bytesOf(camera) > limit) path = 'camera';
  if (path === undefined) return;
  throw new Refusal('INVALID_FIELD', { path, expected: `at most ${limit} bytes in a ${kind}`, limit });
}

/** The name of the field that takes most of it. */
function largestOf(fields: object): string | undefined {
  const sizes = Object.entries(fields).map(([name, value]) => ({ name, bytes: bytesOf(value) }));
  return sizes.sort((a, b) => b.bytes - a.bytes)[0]?.name;
}

/** Only when it was asked for with a ref. */
function acknowledge(stage: Stage, session: Session, op: SignalKind, roomId: string, command: Command): void {
  if (command.ref !== undefined) stage.answer(session, { type: 'ack', op, ref: command.ref, roomId }, roomId);
}

export const camera = signal('camera', (command) => command.planetId);
export const cursor = signal('cursor', () => undefined);
export const typing = signal('typing', () => undefined);
export const scroll = signal('scroll', () => undefined);
