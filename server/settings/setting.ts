import type { Form } from './forms.ts';

/** One environment variable. */
export interface Setting<T> {
  readonly form: Form<T>;
  /** The default, as it would be set; `undefined`: none. */
  readonly fallback: string | undefined;
  /** What holds where the default depends on something else. */
  readonly otherwise: string | undefined;
  /** One line, for people. */
  readonly about: string;
  /** Its value is never shown. */
  readonly secret: boolean;
}

interface Extras {
  readonly otherwise?: string;
  readonly secret?: boolean;
}

export function required<T>(
  form: Form<T>,
  fallback: string,
  about: string,
): Setting<T> & { fallback: string } {
  return { form, fallback, otherwise: undefined, about, secret: false };
}

export function optional<T>(
  form: Form<T>,
  about: string,
  extras: Extras = {},
): Setting<T> & { fallback: undefined } {
  const { otherwise, secret = false } = extras;
  return { form, fallback: undefined, otherwise, about, secret };
}
