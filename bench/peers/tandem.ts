/* Tandem with its defaults, LMDB among them; its log warns only, as the pipe to the bench would be measured, too. */
import { readConfig } from '../../server/config.ts';
import { createLogger } from '../../server/logger.ts';
import { createServer } from '../../server/server.ts';
import { listening } from './listening.ts';

const server = await createServer({
  config: readConfig(process.env),
  logger: createLogger({ logLevel: 'warn' }),
});
listening(server.port);
