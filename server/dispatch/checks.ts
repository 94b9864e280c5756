import { Ajv, type Options, type ValidateFunction } from 'ajv';
import { Refusal } from '../../protocol/index.ts';
import { faultOf } from './fault.ts';

/**
 * Makes what returns a value that fits its schema, and throws INVALID_FIELD for others, naming the path and what was
 * expected. A schema is compiled once, when it is first needed: all at once would be a quarter of the start.
 */
export function createCheck(own: Options = {}): (schema: object, value: unknown) => unknown {
  // `verbose` for the schema at fault: its description says what was expected.
  const ajv = new Ajv({ allErrors: false, strict: false, verbose: true, unicodeRegExp: true, ...own });
  const validators = new Map<object, ValidateFunction>();
  return (schema, value) => {
    let validate = validators.get(schema);
    if (validate === undefined) {
      validate = ajv.compile(schema);
      validators.set(schema, validate);
    }
    if (validate(value)) return value;
    throw new Refusal('INVALID_FIELD', faultOf(validate.errors));
  };
}
