import { randomBytes } from 'node:crypto';
import type { BlockList } from 'node:net';
import { fixedLimits, type Limits, limits } from '../protocol/limits.ts';
import type { CriticalName } from './dispatch/critical.ts';
import type { TokenKeys } from './dispatch/keys.ts';
import type { Rate } from './dispatch/rate-limit.ts';
import {
  type AuthorizerConfig,
  authorizerOf,
  type WebhookConfig,
  webhooksOf,
} from './settings/application.ts';
import { checkCombinations } from './settings/combinations.ts';
import { keysOf } from './settings/keys.ts';
import { limitSettings, type SettableLimit } from './settings/limits.ts';
import { meantName } from './settings/misspelt.ts';
import { type Problem, type SettingName, settingNames, settings, type Values } from './settings/table.ts';

/** Everything that can be set, read and checked. Durations are in milliseconds. */
export interface Config {
  /** `development`: no key is set, so only this machine is served. */
  readonly mode: 'development' | 'production';
  readonly host: string;
  readonly port: number;
  /** Whether other processes may listen at the port, too. */
  readonly sharesPort: boolean;
  /** `undefined`: the same port. */
  readonly healthPort: number | undefined;
  readonly keys: TokenKeys;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  readonly auth: 'required' | 'optional';
  /** Whether the pages are served, `/` and `/inspector`. */
  readonly pages: boolean;
  readonly store: Values['STORE'];
  readonly dataDir: string;
  /** `undefined`: the store is another. */
  readonly redis: { readonly url: URL; readonly prefix: string; readonly timeoutMs: number } | undefined;
  /** 0: connections are given to nobody. */
  readonly handoverMs: number;
  /** Origins, or `*`, which allows calls without cookies from everywhere. */
  readonly corsOrigins: readonly string[];
  /** Whose X-Forwarded-For is believed; `undefined`: nobody's. */
  readonly trustedProxies: BlockList | undefined;
  readonly tickMs: number;
  readonly rates: { readonly commands: Rate; readonly stream: Rate; readonly api: Rate };
  readonly lockTtlMs: number;
  readonly heartbeatMs: number;
  readonly heartbeatGraceMs: number;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly logLevel: Values['LOG_LEVEL'];
  /** `undefined`: the fastest one that runs here. */
  readonly transport: 'uws' | 'ws' | undefined;
  /** For every room where set; `undefined`: each vocabulary has its own. */
  readonly maxRoomUsers: number | undefined;
  readonly limits: Limits;
  /** `undefined`: the application is not asked. */
  readonly authorizer: AuthorizerConfig | undefined;
  /** `undefined`: the application is not told. */
  readonly webhooks: WebhookConfig | undefined;
  /** What has to be signed by its user; `undefined`: nothing. */
  readonly critical: ReadonlySet<CriticalName> | undefined;
  /** What is allowed and probably not meant, in sentences. Development mode is none: `mode` says it. */
  readonly warnings: readonly string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Lists everything that is wrong, not only the first thing. The message has one problem per line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly Problem[];
  /** As in {@link Config}. */
  readonly warnings: readonly string[];
  constructor(problems: readonly Problem[], warnings: readonly string[] = []) {
    super(problems.map(problemLine).join('\n'));
    this.problems = problems;
    this.warnings = warnings;
  }
}

/** Makes the secret of development mode, 32 bytes or more. */
export type MakeSecret = (place: Pick<Config, 'store' | 'dataDir'>) => Uint8Array;

/**
 * Reads the settings out of environment variables; an empty one counts as not set. Reads nothing else and
 * changes nothing, but for `makeSecret`, which is called when no key is set. Throws a {@link ConfigError}.
 */
export function readConfig(env: Environment, makeSecret: MakeSecret = () => randomBytes(32)): Config {
  const { values, problems } = readValues(env);
  const warnings = unknownNames(env);
  const keys = keysOf(values, problems, warnings);
  const authorizer = authorizerOf(values, problems, warnings);
  const webhooks = webhooksOf(values, problems, warnings);
  const isSet = (name: SettingName) => textOf(env, name) !== undefined;
  checkCombinations(values, isSet, problems, warnings);
  const { STORE: store, DATA_DIR: dataDir } = values;
  if (problems.length > 0) throw new ConfigError(problems, warnings);
  return {
    mode: keys ? 'production' : 'development',
    host: values.HOST ?? (keys ? '0.0.0.0' : '127.0.0.1'),
    port: values.WS_PORT,
    sharesPort: values.PORT_SHARING === 'on',
    healthPort: values.HEALTH_PORT === values.WS_PORT && values.WS_PORT > 0 ? undefined : values.HEALTH_PORT,
    keys: keys ?? { kind: 'secret', secret: makeSecret({ store, dataDir }) },
    issuer: values.JWT_ISSUER,
    audience: values.JWT_AUDIENCE,
    auth: values.AUTH ?? (keys ? 'required' : 'optional'),
    pages: values.DEMO === undefined ? keys === undefined : values.DEMO === '1',
    store,
    dataDir,
    redis:
      store !== 'redis' || values.REDIS_URL === undefined
        ? undefined
        : { url: values.REDIS_URL, prefix: values.REDIS_PREFIX, timeoutMs: values.REDIS_TIMEOUT_MS },
    handoverMs: store === 'redis' ? values.HANDOVER_MS : 0,
    corsOrigins: values.CORS_ORIGIN ?? [],
    trustedProxies: values.TRUSTED_PROXIES,
    tickMs: values.TICK_MS,
    rates: { commands: values.RATE_LIMIT, stream: values.STREAM_LIMIT, api: values.API_LIMIT },
    lockTtlMs: values.LOCK_TTL_MS,
    heartbeatMs: values.HEARTBEAT_MS,
    heartbeatGraceMs: values.HEARTBEAT_GRACE_MS,
    pingIntervalMs: values.PING_INTERVAL_MS,
    pingTimeoutMs: values.PING_TIMEOUT_MS,
    connectTimeoutMs: values.CONNECT_TIMEOUT_MS,
    logLevel: values.LOG_LEVEL,
    transport: values.TRANSPORT,
    maxRoomUsers: isSet('MAX_ROOM_USERS') ? values.MAX_ROOM_USERS : undefined,
    limits: limitsOf(values),
    authorizer,
    webhooks,
    critical: values.SIGNED_COMMANDS && new Set(values.SIGNED_COMMANDS),
    warnings,
  };
}

/**
 * Empty counts as not set: that is how container definitions leave a variable out. Secrets keep the spaces
 * around them: whoever signs with the same variable does so, too.
 */
export function textOf(env: Environment, name: SettingName): string | undefined {
  const given = env[name];
  const trimmed = given?.trim();
  return trimmed ? (settings[name].secret ? given : trimmed) : undefined;
}

/** What cannot be read is reported and has its default, so that the other checks still make sense. */
function readValues(env: Environment): { values: Values; problems: Problem[] } {
  const problems: Problem[] = [];
  const read = settingNames.map((name) => {
    const { form, fallback } = settings[name];
    const given = textOf(env, name);
    const value = given === undefined ? undefined : form.read(given);
    if (given !== undefined && value === undefined) {
      problems.push({ setting: name, value: given, expected: form.expected });
    }
    return [name, value ?? (fallback === undefined ? undefined : form.read(fallback))];
  });
  return { values: Object.fromEntries(read), problems };
}

function limitsOf(values: Values): Limits {
  const set = Object.keys(limitSettings).map((name) => [name, values[name as SettableLimit]]);
  return { ...limits, ...Object.fromEntries(set) };
}

function unknownNames(env: Environment): string[] {
  const fixed: readonly string[] = fixedLimits;
  const found: string[] = [];
  for (const name of Object.keys(env)) {
    const meant = meantName(name, settingNames);
    if (fixed.includes(name)) found.push(`${name} is part of the protocol and cannot be set.`);
    else if (meant) found.push(`${name} is not a setting and has no effect; ${meant} is one.`);
  }
  return found;
}

function problemLine({ setting, value, expected }: Problem): string {
  const shown = settings[setting].secret ? '(not shown)' : JSON.stringify(value);
  return `${setting}${value === undefined ? '' : ` is ${shown}`}: expected ${expected}`;
}
