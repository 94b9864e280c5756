import {
  type CommandOf,
  changesOf,
  isId,
  isPlainObject,
  limits,
  type Operation,
  Refusal,
} from '../../../protocol/index.ts';
import { type ContentCommand, overseen } from '../hooks.ts';
import { authorOf, membershipOf, writerOf } from '../membership.ts';
import type { Membership, Session } from '../session.ts';
import { bytesOf } from '../size.ts';
import type { Stage, Treatment } from '../stage.ts';

type Write<C extends ContentCommand> = (
  stage: Stage,
  session: Session,
  membership: Membership,
  command: C,
) => void;

/** What all have in common that write: the right to, and what the program has to say to it. */
function writing<T extends ContentCommand['type']>(write: Write<CommandOf<T>>): Treatment<T>['handle'] {
  return (stage, session, command) => {
    const membership = writerOf(session, command);
    if (stage.hooks?.operation === undefined) return write(stage, session, membership, command);
    const { roomId } = membership;
    return overseen(stage.hooks.operation, stage.limits, session, membership, command, (given) =>
      // The right to may have been lost meanwhile.
      write(stage, session, writerOf(session, { roomId }), given),
    );
  };
}

export const sceneOperation: Treatment<'sceneOperation'> = {
  bucket: 'stream',
  cost: costOf,
  handle: writing<'sceneOperation'>((stage, session, membership, command) => {
    const { version, opId } = command;
    stage.submit(membership.roomId, {
      type: 'sceneOperation',
      at: stage.now(),
      by: authorOf(session, membership, command),
      operations: operationsOf(command),
      ...(command.operations?.length === 1 ? { isList: true } : {}),
      ...(version === undefined ? {} : { version }),
      ...(opId === undefined ? {} : { opId }),
    });
  }),
};

export const relay: Treatment<'relay'> = {
  bucket: 'stream',
  cost: costOf,
  handle: writing<'relay'>((stage, session, membership, command) => {
    const { event, data, operations, toAll, opId } = command;
    stage.submit(membership.roomId, {
      type: 'relay',
      at: stage.now(),
      by: authorOf(session, membership, command),
      id: stage.newId(),
      event,
      data,
      ...(operations === undefined ? {} : { operations: allChecked(operations) }),
      ...(toAll === true ? { toAll } : {}),
      ...(opId === undefined ? {} : { opId }),
    });
  }),
};

/** Each operation counts, up to as many as may be. */
function costOf({ operations }: Readonly<Record<string, unknown>>): number {
  if (!Array.isArray(operations)) return 1;
  return Math.min(Math.max(1, operations.length), limits.MAX_OPERATIONS);
}

function operationsOf(command: CommandOf<'sceneOperation'>): Operation[] {
  const { operation, operations } = command;
  if ((operation === undefined) === (operations === undefined)) {
    throw new Refusal('INVALID_FIELD', { path: 'operation', expected: 'either operation or operations' });
  }
  if (operation !== undefined) return [checked(operation, 'operation')];
  return allChecked(operations ?? []);
}

function allChecked(operations: readonly Operation[]): Operation[] {
  return operations.map((one, index) => checked(one, `operations[${index}]`));
}

/** What the schema cannot say: which fields go together. */
function checked({ type, target, id, data }: Operation, path: string): Operation {
  const wrong = (field: string, expected: string) =>
    new Refusal('INVALID_FIELD', { path: `${path}.${field}`, expected });
  if (target === 'scene' && type !== 'update') throw wrong('type', '"update", where the target is the scene');
  if (type !== 'remove' && data === undefined) throw wrong('data', 'an object');
  const below = isPlainObject(data?.transform) ? changesOf({ transform: data.transform }).length : 0;
  if (below > limits.MAX_TRANSFORM_VALUES) {
    throw wrong('data.transform', `at most ${limits.MAX_TRANSFORM_VALUES} values`);
  }
  if (target === 'scene') return { type, target, data: data ?? {} };
  const itemId = id ?? (type === 'add' ? data?.id : undefined);
  if (typeof itemId !== 'string' || itemId === '') throw wrong('id', 'the id of the item');
  if (type === 'add' && data?.id !== undefined && data.id !== itemId)
    throw wrong('data.id', 'the same as id');
  if (!isId(itemId))
    throw wrong(
      id === undefined ? 'data.id' : 'id',
      'an id: 1 to 200 characters, none of them a control character',
    );
  return { type, target, id: itemId, ...(type === 'remove' || data === undefined ? {} : { data }) };
}

export const operation: Treatment<'operation'> = {
  bucket: 'stream',
  handle: writing<'operation'>((stage, session, membership, command) => {
    const { documentId, operation: change, version, opId } = command;
    stage.submit(membership.roomId, {
      type: 'operation',
      at: stage.now(),
      by: authorOf(session, membership, command),
      documentId,
      operation: change,
      version,
      ...(opId === undefined ? {} : { opId }),
    });
  }),
};

export const message: Treatment<'message'> = {
  bucket: 'commands',
  handle: writing<'message'>((stage, session, membership, command) => {
    const { text, kind = 'comment', metadata, opId } = command;
    const limit = stage.limits.MAX_METADATA_BYTES;
    if (isPlainObject(metadata) && bytesOf(metadata) > limit) {
      throw new Refusal('INVALID_FIELD', { path: 'metadata', expected: `at most ${limit} bytes`, limit });
    }
    stage.submit(membership.roomId, {
      type: 'message',
      at: stage.now(),
      by: authorOf(session, membership, command),
      id: stage.newId(),
      text,
      kind,
      ...(metadata === undefined ? {} : { metadata }),
      ...(opId === undefined ? {} : { opId }),
    });
  }),
};

export const requestSync: Treatment<'requestSync'> = {
  bucket: 'commands',
  // It may cost the encoding of a whole scene.
  cost: () => 5,
  handle(stage, session, command) {
    const { roomId } = membershipOf(session, command);
    const { ref, epoch, version, offset, documentId } = command;
    stage.sync(session, roomId, { ref, epoch, version, offset, documentId });
  },
};
