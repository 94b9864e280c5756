import { isDeepStrictEqual } from 'node:util';
import { compactVerify, type JWK } from 'jose';
import { type CommandOf, commands, isPlainObject, type Operation, Refusal } from '../../protocol/index.ts';
import { jwksAlgorithms } from './keys.ts';
import { membershipOf, principalOf } from './membership.ts';
import type { Session } from './session.ts';
import type { Stage, Treatment } from './stage.ts';

type Signable = 'sceneOperation' | 'relay' | 'message' | 'operation';

/** How far `iat` of a signature may be from now. */
const MAX_AGE_MS = 300_000;

/** The treatment of a command that is refused without the user's signature where it is critical. */
export function signed<T extends Signable>(treatment: Treatment<T>): Treatment<T> {
  return {
    ...treatment,
    handle(stage, session, command, size) {
      const { critical } = stage;
      if (critical === undefined || !isCritical(critical, command)) {
        return treatment.handle(stage, session, command, size);
      }
      return checkSignature(stage, session, command).then(() =>
        treatment.handle(stage, session, command, size),
      );
    },
  };
}

function isCritical(critical: ReadonlySet<string>, command: CommandOf<Signable>): boolean {
  if (critical.has(command.type)) return true;
  switch (command.type) {
    case 'sceneOperation': {
      const { operation, operations = [] } = command;
      return [...operations, ...(operation ? [operation] : [])].some(({ type }) => critical.has(type));
    }
    case 'relay':
      return (command.operations ?? []).some((one) => outcomesOf(one).some((type) => critical.has(type)));
    default:
      return false;
  }
}

/** What an operation of a relay may be in the end: one on an item is made to fit the scene. [SPEC: EV3] */
function outcomesOf({ type, target }: Operation): readonly Operation['type'][] {
  return target === 'scene' || type === 'remove' ? [type] : ['add', 'update'];
}

/**
 * A compact JWS by the key in the token's `cnf.jwk`, whose payload is the command in JSON with `roomId`, `opId` and
 * `iat`, without `ref`, `after`, `userId` and `signature`. Rejects with SIGNATURE_INVALID.
 */
async function checkSignature(stage: Stage, session: Session, command: CommandOf<Signable>): Promise<void> {
  const { roomId } = membershipOf(session, command);
  const principal = principalOf(session);
  const key = principal?.kind === 'user' ? principal.proof?.key : undefined;
  if (key === undefined) throw wrong('signature', 'a token with the key of its user, in `cnf.jwk`');
  if (command.signature === undefined) throw wrong('signature', 'a compact JWS of the command');
  // What is applied once cannot be repeated by somebody who has seen it.
  if (command.opId === undefined) throw wrong('opId', 'an id: what is signed has one');
  // Behind what it stands may be another command when it is sent again.
  const { iat, after: _, ...said } = await payloadOf(command.signature, key);
  if (typeof iat !== 'number' || Math.abs(iat * 1000 - stage.now()) > MAX_AGE_MS) {
    throw wrong('signature', 'an `iat` in seconds, of the last five minutes');
  }
  if (!isDeepStrictEqual(said, contentOf(command, roomId))) {
    throw wrong('signature', 'a signature of this command in this room');
  }
}

async function payloadOf(
  signature: string,
  key: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  try {
    const { payload } = await compactVerify(signature, key as JWK, { algorithms: [...jwksAlgorithms] });
    const said: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    if (isPlainObject(said)) return said;
  } catch {}
  throw wrong('signature', "a compact JWS by the key in the token's `cnf.jwk`");
}

/** What a command says, as far as the protocol knows its fields. */
function contentOf(command: CommandOf<Signable>, roomId: string): Record<string, unknown> {
  const content: Record<string, unknown> = { roomId };
  const fields = command as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(commands[command.type].properties)) {
    if (!beside.has(name) && fields[name] !== undefined) content[name] = fields[name];
  }
  return content;
}

const beside: ReadonlySet<string> = new Set(['ref', 'after', 'roomId', 'userId', 'signature']);

function wrong(path: string, expected: string): Refusal {
  return new Refusal('SIGNATURE_INVALID', { path, expected });
}
