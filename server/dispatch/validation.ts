import { type Command, type CommandType, commands, isPlainObject, Refusal } from '../../protocol/index.ts';
import { createCheck } from './checks.ts';

const types: ReadonlySet<string> = new Set(Object.keys(commands));
const check = createCheck();

/** The type of a message. Throws NOT_AN_OBJECT, INVALID_FIELD (`type`) or UNKNOWN_TYPE. */
export function typeOf(message: unknown): CommandType {
  if (!isPlainObject(message)) throw new Refusal('NOT_AN_OBJECT', { expected: 'a JSON object' });
  const { type } = message;
  if (typeof type !== 'string') {
    throw new Refusal('INVALID_FIELD', { path: 'type', expected: 'the name of a message, as a string' });
  }
  if (!types.has(type)) throw new Refusal('UNKNOWN_TYPE', { path: 'type' });
  return type as CommandType;
}

/** The message as a command of its type. Throws INVALID_FIELD, naming the path and what was expected. */
export function validated(type: CommandType, message: unknown, schema: object = commands[type]): Command {
  return check(schema, message) as Command;
}
