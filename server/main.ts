#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander';
import { count } from './commands/count.ts';
import { duration } from './settings/forms.ts';
import { packageVersion } from './version.ts';

// Each command loads what it needs: the command line itself stays quick.
const program = new Command('tandem')
  .description(
    'Realtime collaboration server. Settings come from the environment; `tandem check` shows them.',
  )
  .version(packageVersion(), '-v, --version');

program
  .command('serve')
  .description('start the server')
  .action(async () => {
    const { serve } = await import('./commands/serve.ts');
    await serve(process.env);
  });

program
  .command('cluster')
  .description('start several servers on one port, on STORE=redis: one for each core of this machine')
  .option('--nodes <count>', 'how many', count)
  .action(async ({ nodes }) => {
    const { cluster } = await import('./commands/cluster.ts');
    await cluster(process.env, nodes);
  });

program
  .command('token')
  .description('print a token, signed with JWT_SECRET or the secret of development mode')
  .requiredOption('--sub <id>', 'id of the user')
  .option('--name <name>', 'name to show')
  .option('--email <address>', 'e-mail address')
  .option('--project <id>', 'a project whose rooms it opens (again for more)', append)
  .option('--room <pattern>', 'rooms that it opens, `*` for any run of characters (again for more)', append)
  .option('--role <role>', '`viewer` reads only, `admin` may everything')
  .option('--scope <scope>', '`publish` or `admin`, for backends (again for more)', append)
  .addOption(
    new Option('--ttl <duration>', 'lifetime: 90s, 15m, 1h, 7d')
      .default(3_600_000, '1h')
      .argParser(durationMs),
  )
  .action(async (options) => {
    const { printToken } = await import('./commands/token.ts');
    await printToken(process.env, options);
  });

program
  .command('check')
  .description('show the settings and say what is wrong with them')
  .action(async () => {
    const { checkSettings } = await import('./commands/check.ts');
    const { ok, lines } = checkSettings(process.env);
    console.log(lines.join('\n'));
    process.exitCode = ok ? 0 : 2;
  });

program
  .command('watch')
  .description('join a room, print what happens in it, and send what is typed (JSON, one message per line)')
  .option('--room <id>', 'room to join', 'demo')
  .option('--name <name>', 'name to show to the others', 'Terminal')
  .option('--url <url>', 'address of the server', webAddress, 'ws://127.0.0.1:3001/ws')
  .option('--token <token>', 'token, where the server asks for one', sendable)
  .action(async (options) => {
    const { watch } = await import('./commands/watch.ts');
    process.exitCode = await watch(options);
  });

program
  .command('bench')
  .description('let people move in rooms of a running server, and print what is delivered, and how fast')
  .option('--url <url>', 'address of the server', serverAddress, 'ws://127.0.0.1:3001')
  .addOption(
    new Option('--dialect <dialect>', 'how they speak')
      .choices(['native', 'native-single', 'socketio'])
      .default('native'),
  )
  .option('--rooms <count>', 'rooms', count, 1)
  .option('--users <count>', 'people in each room', count, 10)
  .option('--hz <count>', 'movements of each in a second', count, 20)
  .option('--seconds <count>', 'how long', count, 10)
  .option('--token <token>', 'one token for all', sendable)
  .addOption(new Option('--secret <secret>', 'signs a token for each').env('JWT_SECRET').argParser(filled))
  .action(async (options) => {
    const { bench } = await import('./commands/bench.ts');
    process.exitCode = await bench(options);
  });

// A setting that is empty is none.
if (process.env.JWT_SECRET === '') delete process.env.JWT_SECRET;
await program.parseAsync();

function append(value: string, earlier: string[] = []): string[] {
  return [...earlier, value];
}

function webAddress(given: string): string {
  const { protocol, hash } = URL.canParse(given) ? new URL(given) : { protocol: '', hash: '' };
  if (/^(ws|http)s?:$/.test(protocol) && hash === '') return given;
  throw new InvalidArgumentError(
    'Expected an address such as ws://127.0.0.1:3001 or wss://example.com, without #.',
  );
}

/** The dialect says which path it is. */
function serverAddress(given: string): string {
  const { protocol, host, href } = new URL(webAddress(given));
  if (href === `${protocol}//${host}/`) return given;
  throw new InvalidArgumentError(
    'Expected the address of a server, such as wss://example.com, without a path.',
  );
}

function filled(given: string): string {
  if (given !== '') return given;
  throw new InvalidArgumentError('It is empty, as a variable that is not set.');
}

/** A token that fits into a header. */
function sendable(given: string): string {
  if (/^[ -~]+$/.test(given)) return given;
  // An InvalidArgumentError would show what was given.
  return program.error(
    "error: option '--token <token>' is invalid. Expected a token such as `tandem token` prints.",
  );
}

function durationMs(given: string): number {
  const value = duration.read(given);
  if (value === undefined) throw new InvalidArgumentError(`Expected ${duration.expected}.`);
  return value;
}
