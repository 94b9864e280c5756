import { readConfig } from '../../server/config.ts';
import { createServer } from '../../server/server.ts';
import { silent } from '../support/servers.ts';

// One node in a process of its own; says its port, and ends with who has started it.
process.stdin.resume().on('close', () => process.exit(9));
const { BEATS } = process.env;
const server = await createServer({
  config: readConfig(process.env),
  logger: silent,
  ...(BEATS === undefined ? {} : { beats: JSON.parse(BEATS) }),
});
process.stdout.write(`${server.port}\n`);
