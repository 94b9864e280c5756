import { createRequire } from 'node:module';
import { type DestinationStream, pino } from 'pino';
import type { Config } from './config.ts';

type Fields = Readonly<Record<string, unknown>>;

/** One line of the log: fields first, as in pino. An error goes under the field `err`. */
export interface LogLine {
  (fields: Fields, message: string): void;
  (message: string): void;
}

export interface Logger {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
  readonly fatal: LogLine;
  /** A logger whose lines all carry these fields. */
  child(fields: Fields): Logger;
}

type Replacement = [pattern: RegExp, replacement: (found: string, before?: string) => string];

/**
 * What opens a door, wherever in a line it stands: a field, a URL, a header quoted in an error. No pattern may
 * take longer than linear time, as strangers choose what is logged.
 */
const secrets: readonly Replacement[] = [
  // JSON fields, also in JSON that is quoted within a string
  [/((?:token|authorization|cookie|secret|password)\\*"\s*:\s*\\*")[^"\\]*/gi, keepBefore],
  [/(token(?:=|%3D))[^&\s"'\\;,]+/gi, keepBefore],
  [/\b(bearer\s+)[\w.~+/=-]+/gi, keepBefore],
  // A JWT starts with `{"`, which is eyJ in base64url
  [/(?<![\w-])[\w-]+\.[\w-]+\.[\w-]*/g, (found) => (found.includes('eyJ') ? '[redacted]' : found)],
  [/(rediss?:\/\/)[^\s"@/]{1,256}@/gi, (_found, before) => `${before}[redacted]@`],
];

function keepBefore(_found: string, before?: string): string {
  return `${before}[redacted]`;
}

/** Takes tokens and other secrets out of a line. */
export function redact(line: string): string {
  return secrets.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line);
}

/**
 * The log: one JSON object per line to stdout; on a terminal in a form for people, where pino-pretty is
 * installed. Every finished line passes {@link redact}: a list of paths would miss what stands in a message.
 */
export function createLogger(config: Pick<Config, 'logLevel'>, destination?: DestinationStream): Logger {
  const options = { level: config.logLevel, base: null, hooks: { streamWrite: redact } };
  return pino(options, destination ?? prettyStream() ?? standardOutput());
}

/**
 * A line that cannot be written, as on a full disk, is dropped: it must not end the server. Of one of which a part was
 * written the rest is dropped, and the next one is on a line of its own.
 */
function standardOutput(): DestinationStream {
  let output = open();
  let isTorn = false;
  let hasBegun = false;
  let hasFailed = false;
  function open() {
    const opened = pino.destination({ dest: 1, sync: true });
    opened.on('write', (bytes) => {
      hasBegun ||= bytes > 0;
    });
    // What failed would be kept there, and all that comes after it.
    opened.once('error', () => {
      hasFailed = true;
      output = open();
    });
    return opened;
  }
  return {
    write(line) {
      hasBegun = false;
      hasFailed = false;
      output.write(isTorn ? `\n${line}` : line);
      isTorn = hasFailed && (isTorn || hasBegun);
    },
  };
}

function prettyStream(): DestinationStream | undefined {
  if (!process.stdout.isTTY) return undefined;
  try {
    const pretty = createRequire(import.meta.url)('pino-pretty') as (options: object) => DestinationStream;
    return pretty({ sync: true, colorize: true });
  } catch {
    return undefined;
  }
}
