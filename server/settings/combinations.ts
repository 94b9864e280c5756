import { limits } from '../../protocol/limits.ts';
import { MAX_TIMER_MS } from './forms.ts';
import { isLoopback } from './keys.ts';
import { outboundSettings } from './outbound.ts';
import type { Problem, SettingName, Values } from './table.ts';

/** The first must not be less than the second, for the reason given. */
const atLeast: readonly (readonly [SettingName, SettingName, string])[] = [
  ['HEARTBEAT_GRACE_MS', 'HEARTBEAT_MS', 'everybody would be removed between two heartbeats'],
  ['LOCK_TTL_MS', 'HEARTBEAT_MS', 'a lock would end before a heartbeat renews it'],
  ['MAX_FRAME_BYTES', 'MAX_MESSAGE_BYTES', 'a frame holds a message'],
  ['MAX_MESSAGE_BYTES', 'MAX_USER_BYTES', 'it travels in a message'],
  ['MAX_MESSAGE_BYTES', 'MAX_SIGNAL_BYTES', 'it travels in a message'],
  ['MAX_MESSAGE_BYTES', 'MAX_METADATA_BYTES', 'it travels in a message'],
  ['MAX_BUFFERED_BYTES', 'MAX_MESSAGE_BYTES', 'no larger message could be sent'],
];

/** Checks settings against one another. Adds to `problems` and `warnings`. */
export function checkCombinations(
  values: Values,
  isSet: (name: SettingName) => boolean,
  problems: Problem[],
  warnings: string[],
): void {
  for (const [greater, less, reason] of atLeast) {
    if (Number(values[greater]) >= Number(values[less])) continue;
    const expected = `at least ${less} (${values[less]}): ${reason}`;
    problems.push({ setting: greater, value: String(values[greater]), expected });
  }
  const { PING_INTERVAL_MS, PING_TIMEOUT_MS } = values;
  if (PING_INTERVAL_MS + PING_TIMEOUT_MS > MAX_TIMER_MS) {
    const expected = `with PING_INTERVAL_MS (${PING_INTERVAL_MS}) at most ${MAX_TIMER_MS}: clients wait for both with one timer`;
    problems.push({ setting: 'PING_TIMEOUT_MS', value: String(PING_TIMEOUT_MS), expected });
  }
  if (values.STREAM_LIMIT.burst < limits.MAX_OPERATIONS) {
    warnings.push('STREAM_LIMIT lets less through at once than MAX_OPERATIONS: large commands have to wait.');
  }
  if (values.STORE === 'redis') {
    const expected = 'to be set with STORE=redis, such as redis://127.0.0.1:6379';
    if (!isSet('REDIS_URL')) problems.push({ setting: 'REDIS_URL', value: undefined, expected });
  } else {
    for (const name of ['REDIS_URL', 'REDIS_PREFIX', 'REDIS_TIMEOUT_MS', 'HANDOVER_MS'] as const)
      if (isSet(name)) warnings.push(`${name} has no effect with STORE=${values.STORE}.`);
  }
  for (const name of Object.keys(outboundSettings) as (keyof typeof outboundSettings)[]) {
    const address = name.startsWith('WEBHOOK_') ? 'WEBHOOK_URL' : 'AUTHORIZE_URL';
    if (isSet(name) && !isSet(address)) warnings.push(`${name} has no effect without ${address}.`);
  }
  if (values.PORT_SHARING === 'on') {
    const problem = { setting: 'PORT_SHARING', value: 'on' } as const;
    if (values.STORE !== 'redis')
      problems.push({ ...problem, expected: 'off: only with STORE=redis do processes share their rooms' });
    if (values.TRANSPORT === 'ws')
      problems.push({ ...problem, expected: 'off: the transport ws cannot share a port' });
  }
  checkDevelopment(values, isSet, problems, warnings);
}

function checkDevelopment(
  values: Values,
  isSet: (name: SettingName) => boolean,
  problems: Problem[],
  warnings: string[],
): void {
  const hasKey = isSet('JWT_SECRET') || isSet('JWT_PUBLIC_KEY') || isSet('JWKS_URL');
  if (hasKey) {
    if (values.AUTH === 'optional') warnings.push('AUTH is optional: strangers may join rooms as guests.');
    return;
  }
  if (values.HOST !== undefined && !isLoopback(values.HOST)) {
    problems.push({
      setting: 'HOST',
      value: values.HOST,
      expected:
        '127.0.0.1, as no key is set; to serve other machines set JWT_SECRET, JWT_PUBLIC_KEY or JWKS_URL',
    });
  }
}
