import { relative } from 'node:path';
import { systemClock } from '../clock.ts';
import { type Config, ConfigError, type Environment, readConfig } from '../config.ts';
import { createLogger, type Logger } from '../logger.ts';
import { developmentSecret } from '../settings/development-secret.ts';
import { MAX_TIMER_MS } from '../settings/forms.ts';
import { signToken } from './sign-token.ts';
import { type Begun, type Ending, onEndSignal } from './signals.ts';

/** After the connections were given to other nodes. */
const CLOSE_WITHIN_MS = 10_000;
const DAY_MS = 86_400_000;

/**
 * `tandem serve`: runs until SIGTERM or SIGINT, or until the `tandem cluster` that started it is gone. Exit codes:
 * 0 after a signal, 1 where the server cannot start or does not close in time, 2 for settings that are wrong.
 */
export async function serve(env: Environment): Promise<void> {
  const config = configOrExit(env);
  const logger = createLogger(config);
  for (const warning of config.warnings) logger.warn(warning);
  let running: Running | undefined;
  // At once: the first process of a container, for one, is not ended by a signal that it does not handle.
  closeOnSignal(() => running, logger, Math.min(config.handoverMs + CLOSE_WITHIN_MS, MAX_TIMER_MS));
  const { createServer } = await import('../server.ts');
  const server = await createServer({ config, logger, clock: systemClock }).catch((error: unknown) => {
    return fail(1, startFailure(error, config));
  });
  running = server;
  logger.info({ host: config.host, port: server.port, healthPort: server.healthPort }, 'listening');
  const begun: Begun = { nodeId: server.nodeId };
  process.send?.(begun);
  if (config.mode === 'development') console.log(await welcome(config, server));
}

interface Running {
  readonly port: number;
  readonly healthPort: number | undefined;
  readonly hasPages: boolean;
  readonly nodeId: string;
  close(alsoLeaving?: readonly string[]): Promise<void>;
}

function fail(exitCode: 1 | 2, message: string): never {
  console.error(message);
  process.exit(exitCode);
}

function configOrExit(env: Environment): Config {
  try {
    return readConfig(env, developmentSecret);
  } catch (error) {
    if (error instanceof ConfigError) return fail(2, error.message);
    return fail(1, `The server cannot start: ${(error as Error).message}`);
  }
}

function startFailure(error: unknown, config: Config): string {
  const { code, message, cause } = error as NodeJS.ErrnoException;
  const ports = [config.port, config.healthPort].filter((port) => port !== undefined).join(' or ');
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${ports} is in use by another program. Stop it, or set WS_PORT (and HEALTH_PORT) to a free one.`;
    case 'EACCES':
      return `Port ${ports} or the directory ${config.dataDir} may not be used by this user: ${(cause as Error | undefined)?.message ?? message}`;
    case 'EADDRNOTAVAIL':
      return `HOST ${config.host} is not an address of this machine.`;
    case 'LOG_LOCKED':
      return `Another process holds the data directory ${config.dataDir}. Stop it, or set another DATA_DIR.`;
    default:
      return `The server cannot start: ${message}`;
  }
}

/** The first signal closes, the second one ends the process at once. So does the first, where nobody is served yet. */
function closeOnSignal(running: () => Running | undefined, logger: Logger, closeWithinMs: number): void {
  const onSignal = onEndSignal((signal) => {
    logger.info({ signal }, 'closing');
    const server = running();
    if (server === undefined) process.exit(0);
    const late = systemClock.after(closeWithinMs, () => {
      logger.error({ closeWithinMs }, 'could not close in time');
      process.exit(1);
    });
    server.close().then(
      () => {
        late();
        logger.info('closed');
        process.exit(0);
      },
      (error: unknown) => {
        logger.error({ err: error }, 'failed while closing');
        process.exit(1);
      },
    );
  });
  // With the signal, or after one that a terminal has sent to all.
  process.on('message', (told) => {
    const { alsoLeaving } = Object(told) as Partial<Ending>;
    if (alsoLeaving !== undefined) void running()?.close(alsoLeaving);
  });
  // Whoever started this process as one of several is gone.
  process.once('disconnect', () => onSignal('SIGTERM'));
}

/** What a person needs next. To the terminal, not to the log: it holds a token. */
async function welcome(config: Config, server: Running): Promise<string> {
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  const at = `${host}:${server.port}`;
  const health = `${host}:${server.healthPort ?? server.port}`;
  const token = await signToken(config, { sub: 'ada', name: 'Ada', ttlMs: DAY_MS }, systemClock);
  return `
  Development mode: no key is set, so only this machine is served and guests are ${config.auth === 'optional' ? 'let in' : 'refused'}.

${server.hasPages ? pagesAt(config, at, token) : ''}  WebSocket  ws://${at}/ws
  health     curl http://${health}/health
  try it     ${ownCommand()} watch --url ws://${at}/ws --room demo   (in two terminals)
  token      for Ada, one day; ${ownCommand()} token --sub ID makes others
  ${token}
`;
}

/** A token goes behind `#`, which no browser sends to anybody. */
function pagesAt({ auth }: Config, at: string, token: string): string {
  return `  page       http://${at}/${auth === 'required' ? `#token=${token}` : '   (in two windows)'}
  inspector  http://${at}/inspector   (token: ${ownCommand()} token --sub operator --scope admin)
`;
}

/** How to call this program again: as it was called, for `npx tandem` may find another package. */
function ownCommand(): string {
  const path = relative('', process.argv[1] ?? '');
  if (path.endsWith('.ts')) return `npx tsx ${path}`;
  return path.endsWith('.js') ? `node ${path}` : 'npx tandem';
}
