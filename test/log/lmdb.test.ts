import t from 'tap';
import { openLmdbLog } from '../../server/log/lmdb.ts';
import { logContract } from '../contract/log.ts';

logContract(t, 'lmdb', async (t) => {
  const directory = t.testdir();
  const log = await openLmdbLog({ directory });
  return {
    log,
    async reopen() {
      await log.close();
      return openLmdbLog({ directory });
    },
  };
});
