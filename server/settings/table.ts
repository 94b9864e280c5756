import { type Limits, limits } from '../../protocol/limits.ts';
import { criticalNames } from '../dispatch/critical.ts';
import {
  addresses,
  type Form,
  host,
  integer,
  keyPrefix,
  milliseconds,
  oneOf,
  origins,
  rate,
  someOf,
  text,
  url,
} from './forms.ts';
import { limitSettings, type SettableLimit } from './limits.ts';
import { outboundSettings } from './outbound.ts';
import { optional, required, type Setting } from './setting.ts';

/** Every setting that is not a limit: the one place for its name, form, default and description. */
const ownSettings = {
  WS_PORT: required(integer(0, 65_535), '3001', 'port for WebSocket, Socket.IO and HTTP; 0 takes a free one'),
  HEALTH_PORT: optional(integer(0, 65_535), 'another port for /health, /ready and /metrics', {
    otherwise: 'same as WS_PORT',
  }),
  HOST: optional(host, 'address to listen at', { otherwise: '0.0.0.0; 127.0.0.1 without a key' }),
  JWT_SECRET: optional(
    text,
    'secret that signs tokens (HS256), best of 32 bytes or more: a shorter one is taken with a warning',
    { secret: true },
  ),
  JWT_PUBLIC_KEY: optional(text, 'public key for tokens (PEM; \\n may stand for a line break)', {
    secret: true,
  }),
  JWKS_URL: optional(url('https:', 'http:'), 'address of the public keys for tokens', { secret: true }),
  JWT_ISSUER: optional(text, 'tokens must have this issuer (`iss`)'),
  JWT_AUDIENCE: optional(text, 'tokens must be meant for this audience (`aud`)'),
  AUTH: optional(oneOf('required', 'optional'), 'whether a token is needed: `required` or `optional`', {
    otherwise: 'required; optional without a key',
  }),
  DEMO: optional(oneOf('1', '0'), 'whether the pages are served: a shared scene at /, and /inspector', {
    otherwise: '0; 1 without a key',
  }),
  SIGNED_COMMANDS: optional(
    someOf(...criticalNames),
    'commands, or types of scene operations, that need a signature of their user (`cnf.jwk` of the token)',
    { otherwise: 'none' },
  ),
  STORE: required(
    oneOf('lmdb', 'memory', 'redis'),
    'lmdb',
    'where logs are kept: `lmdb` (this disk), `memory`, or `redis`, with which any number of processes serve the same rooms',
  ),
  DATA_DIR: required(text, './data', 'directory of the lmdb store'),
  PORT_SHARING: required(
    oneOf('off', 'on'),
    'off',
    'on: several processes of this machine listen at WS_PORT, and connections are spread over them',
  ),
  REDIS_URL: optional(url('redis:', 'rediss:'), 'address of Redis, for STORE=redis', { secret: true }),
  REDIS_PREFIX: required(keyPrefix, 'tandem:', 'begins the name of every key in Redis'),
  REDIS_TIMEOUT_MS: required(
    milliseconds(100),
    '5000',
    'how long commands wait for Redis before they are refused',
  ),
  HANDOVER_MS: required(
    milliseconds(0),
    '6000',
    'time in which a process that goes down gives its connections to the others, with STORE=redis',
  ),
  CORS_ORIGIN: optional(
    origins,
    'origins whose pages may call HTTP, with commas, or `*` for all; cookies are accepted only from those named',
    {
      otherwise: 'same origin only',
    },
  ),
  TRUSTED_PROXIES: optional(
    addresses,
    'addresses or ranges of balancers, whose X-Forwarded-For says where clients are',
    { otherwise: 'none' },
  ),
  TICK_MS: required(integer(1, 1000), '16', 'shortest time between two flushes of a room'),
  RATE_LIMIT: required(rate(1), '60/10s', 'commands per connection'),
  STREAM_LIMIT: required(rate(2), '60/1s', 'signals and operations per connection; twice as many at once'),
  API_LIMIT: required(
    rate(2),
    '200/1s',
    'HTTP requests per user, or per address without a valid token; twice as many at once',
  ),
  LOCK_TTL_MS: required(milliseconds(1000), '300000', 'lifetime of a lock that no heartbeat renews'),
  HEARTBEAT_MS: required(milliseconds(1000), '30000', 'time between two heartbeats of a client'),
  HEARTBEAT_GRACE_MS: required(
    milliseconds(1000),
    '90000',
    'silence after which a user is removed from the room',
  ),
  PING_INTERVAL_MS: required(milliseconds(100), '25000', 'time between two pings of Socket.IO'),
  PING_TIMEOUT_MS: required(milliseconds(100), '60000', 'time in which Socket.IO pings are to be answered'),
  CONNECT_TIMEOUT_MS: required(
    milliseconds(100),
    '10000',
    'time in which a connection has to show its token',
  ),
  LOG_LEVEL: required(
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'info',
    'least level that is logged: `trace`, `debug`, `info`, `warn`, `error`, `fatal`, `silent`',
  ),
  TRANSPORT: optional(oneOf('uws', 'ws'), 'implementation of the transport: `uws` or `ws`', {
    otherwise: 'uws where it has a binary, else ws',
  }),
} as const;

/** Values beyond which something else breaks: Node's stack; µWS, which counts bytes in 32 bits, those of frames twice. */
const highest: Partial<Limits> = {
  MAX_DEPTH: 256,
  MAX_FRAME_BYTES: 2 ** 31 - 1,
  MAX_BUFFERED_BYTES: 2 ** 32 - 1,
};

function limitForm(name: keyof Limits): Form<number> {
  return name.endsWith('_MS') ? milliseconds(1) : integer(1, highest[name]);
}

const limitNames = Object.keys(limitSettings) as SettableLimit[];

/** All settings by name, in the order in which they are shown. */
export const settings = {
  ...ownSettings,
  ...outboundSettings,
  ...(Object.fromEntries(
    limitNames.map((name) => [name, required(limitForm(name), String(limits[name]), limitSettings[name])]),
  ) as Record<SettableLimit, Setting<number> & { fallback: string }>),
};

export type SettingName = keyof typeof settings;
export const settingNames = Object.keys(settings) as SettingName[];

/** What every setting reads as. */
export type Values = {
  -readonly [name in SettingName]: (typeof settings)[name] extends Setting<infer T>
    ? (typeof settings)[name] extends { fallback: string }
      ? T
      : T | undefined
    : never;
};

/** One setting that cannot stay as it is. */
export interface Problem {
  readonly setting: SettingName;
  /** As given; `undefined`: not one value is at fault. */
  readonly value: string | undefined;
  /** The end of the sentence "expected …". */
  readonly expected: string;
}

/** The settings as a table in Markdown, for the README. */
export function settingsTable(): string {
  const rows = settingNames.map((name) => {
    const { fallback, otherwise, about } = settings[name];
    const shown = fallback === undefined ? (otherwise ?? '') : `\`${fallback}\``;
    return `| \`${name}\` | ${shown} | ${about} |`;
  });
  return ['| setting | default | what |', '|---|---|---|', ...rows, ''].join('\n');
}
