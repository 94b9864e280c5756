import type { ErrorObject } from 'ajv';
import { describeSchema } from '../../protocol/index.ts';

/** The field at fault, and what was expected, of what Ajv found. Ajv has to be `verbose`. */
export function faultOf(errors: readonly ErrorObject[] | null | undefined): {
  path?: string;
  expected?: string;
} {
  // Of a union, the last error is the union's own: the branches before it say less.
  const error = errors?.at(-1);
  if (error === undefined) return {};
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
