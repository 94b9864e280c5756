import { Ajv, type ValidateFunction } from 'ajv';
import { type Command, type CommandType, commands, isPlainObject, Refusal } from '../../protocol/index.ts';
import { faultOf } from './fault.ts';

// `verbose` for the schema at fault: its description says what was expected.
const ajv = new Ajv({ allErrors: false, strict: false, verbose: true, unicodeRegExp: true });

const types: ReadonlySet<string> = new Set(Object.keys(commands));
const validators = new Map<object, ValidateFunction>();

/** Compiled once, when the first command of its type comes: all at once would be a quarter of the start. */
function validatorOf(schema: object): ValidateFunction {
  let validator = validators.get(schema);
  if (validator === undefined) {
    validator = ajv.compile(schema);
    validators.set(schema, validator);
  }
  return validator;
}

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
  const validate = validatorOf(schema);
  if (validate(message)) return message as Command;
  throw new Refusal('INVALID_FIELD', faultOf(validate.errors));
}
