import type { Address } from '../outbound/post.ts';
import { isLoopback } from './keys.ts';
import type { Problem, Values } from './table.ts';

/** How the application is asked who may do what. */
export interface AuthorizerConfig {
  readonly address: Address;
  readonly cacheMs: number;
  readonly whenDown: 'refuse' | 'allow';
}

/** How the application is told what happens in rooms. */
export interface WebhookConfig {
  readonly address: Address;
  readonly batchMs: number;
  readonly queueBytes: number;
  readonly giveUpMs: number;
}

/** Undefined: it is not asked. Adds to `problems` and `warnings`. */
export function authorizerOf(
  values: Values,
  problems: Problem[],
  warnings: string[],
): AuthorizerConfig | undefined {
  const address = addressOf('AUTHORIZE', values, problems, warnings);
  return address && { address, cacheMs: values.AUTHORIZE_CACHE_MS, whenDown: values.AUTHORIZE_DOWN };
}

/** Undefined: it is not told. Adds to `problems` and `warnings`. */
export function webhooksOf(
  values: Values,
  problems: Problem[],
  warnings: string[],
): WebhookConfig | undefined {
  const address = addressOf('WEBHOOK', values, problems, warnings);
  return (
    address && {
      address,
      batchMs: values.WEBHOOK_BATCH_MS,
      queueBytes: values.WEBHOOK_QUEUE_BYTES,
      giveUpMs: values.WEBHOOK_GIVE_UP_MS,
    }
  );
}

function addressOf(
  name: 'AUTHORIZE' | 'WEBHOOK',
  values: Values,
  problems: Problem[],
  warnings: string[],
): Address | undefined {
  const { [`${name}_URL` as const]: url, [`${name}_SECRET` as const]: secret } = values;
  if (url === undefined) return undefined;
  if (url.username || url.password) {
    const expected = 'a URL without user name and password: requests are signed';
    problems.push({ setting: `${name}_URL`, value: url.href, expected });
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    warnings.push(`${name}_URL is not https: whoever is on the way can read what is sent, and answer.`);
  }
  if (secret === undefined) {
    const expected = `to be set together with ${name}_URL: by it the application knows who calls`;
    problems.push({ setting: `${name}_SECRET`, value: undefined, expected });
    return undefined;
  }
  return { url, secret, timeoutMs: values[`${name}_TIMEOUT_MS`] };
}
