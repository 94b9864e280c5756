import t from 'tap';
import { openRedisLog } from '../../server/log/redis.ts';
import { logContract } from '../contract/log.ts';
import { noRedis, startRedis } from '../support/redis.ts';

t.test('the log on Redis', { skip: noRedis }, async (t) => {
  const redis = await startRedis(t, { appendonly: 'no' });
  let logs = 0;
  logContract(t, 'redis', async () => {
    const options = { url: redis.url, prefix: `contract-${logs++}:` };
    const log = await openRedisLog(options);
    return {
      log,
      async reopen() {
        await log.close();
        return openRedisLog(options);
      },
    };
  });
});
