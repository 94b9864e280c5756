import { integer, milliseconds, oneOf, signingSecret, url } from './forms.ts';
import { optional, required } from './setting.ts';

const secret = { secret: true } as const;

/** What the server asks and tells the application over HTTP. */
export const outboundSettings = {
  AUTHORIZE_URL: optional(
    url('https:', 'http:'),
    'asked who may do what, where nobody else has an answer',
    secret,
  ),
  AUTHORIZE_SECRET: optional(signingSecret, 'signs these questions', secret),
  AUTHORIZE_TIMEOUT_MS: required(milliseconds(10), '2000', 'time in which one has to be answered'),
  AUTHORIZE_CACHE_MS: required(milliseconds(0), '10000', 'how long an answer holds; 0 asks each time'),
  AUTHORIZE_DOWN: required(
    oneOf('refuse', 'allow'),
    'refuse',
    'what holds while no answer comes: `refuse` or `allow`',
  ),
  WEBHOOK_URL: optional(url('https:', 'http:'), 'told what happens in rooms', secret),
  WEBHOOK_SECRET: optional(signingSecret, 'signs what it is told', secret),
  WEBHOOK_TIMEOUT_MS: required(milliseconds(10), '10000', 'time in which it has to be accepted'),
  WEBHOOK_BATCH_MS: required(
    milliseconds(0),
    '1000',
    'operations of a room wait so long for more, to be told at once',
  ),
  WEBHOOK_QUEUE_BYTES: required(
    integer(65_536),
    '16777216',
    'bytes of what waits to be told; beyond it the latest is dropped, and the next says how much',
  ),
  WEBHOOK_GIVE_UP_MS: required(
    milliseconds(1000),
    '86400000',
    'what was not accepted for so long is dropped',
  ),
};
