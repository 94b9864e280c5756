import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import {
  type Command,
  type CommandType,
  commands,
  describeSchema,
  isPlainObject,
  Refusal,
} from '../../protocol/index.ts';

// `verbose` for the schema at fault: its description says what was expected.
const ajv = new Ajv({ allErrors: false, strict: false, verbose: true, unicodeRegExp: true });

const validators = new Map<CommandType, ValidateFunction>();

/** Compiled once, when the first command of its type comes: all at once would be a quarter of the start. */
function validatorOf(type: CommandType): ValidateFunction {
  let validator = validators.get(type);
  if (validator === undefined) {
    validator = ajv.compile(commands[type]);
    validators.set(type, validator);
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
  if (!Object.hasOwn(commands, type)) throw new Refusal('UNKNOWN_TYPE', { path: 'type' });
  return type as CommandType;
}

/** The message as a command of its type. Throws INVALID_FIELD, naming the path and what was expected. */
export function validated(type: CommandType, message: unknown): Command {
  const validate = validatorOf(type);
  if (validate(message)) return message as Command;
  const [error] = validate.errors ?? [];
  throw new Refusal('INVALID_FIELD', error === undefined ? {} : faultOf(validate.errors ?? [error]));
}

function faultOf(errors: ErrorObject[]): { path: string; expected: string } {
  // Of a union, the last error is the union's own: the branches before it say less.
  const error = errors.at(-1) as ErrorObject;
  const path = pathOf(error.instancePath);
  if (error.keyword === 'required') {
    const missing = String(error.params.missingProperty);
    const schema = error.parentSchema?.properties?.[missing];
    return {
      path: path === '' ? missing : `${path}.${missing}`,
      expected: schema === undefined ? 'to be there' : describeSchema(schema),
    };
  }
  const { description } = error.parentSchema as { description?: string };
  return { path, expected: description ?? error.message ?? 'another value' };
}

/** `/user/tags/0` → `user.tags[0]`; RFC 6901. */
function pathOf(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce(
      (path, key) => (/^\d+$/.test(key) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`),
      '',
    );
}
