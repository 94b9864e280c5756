import t from 'tap';
import { createMemoryLog } from '../../server/log/memory.ts';
import { logContract } from '../contract/log.ts';

logContract(t, 'memory', async () => {
  const log = createMemoryLog();
  return {
    log,
    // The store lives and dies with its instance: closing its rooms is all that can be undone.
    async reopen() {
      return log;
    },
  };
});

t.test('the name of a new epoch can be given', async (t) => {
  const room = await createMemoryLog({ newEpoch: () => 'epoch-number-1' }).open('room', () => {});
  t.equal(room.epoch, 'epoch-number-1');
});
