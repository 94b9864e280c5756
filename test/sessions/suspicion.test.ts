import t from 'tap';
import { createMetrics } from '../../server/metrics.ts';
import { createSuspicion } from '../../server/sessions/suspicion.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { silent } from '../support/servers.ts';

t.test(
  '[ID11] strangers cannot fill the log: of very many some are logged, and all are counted',
  async (t) => {
    const lines: unknown[] = [];
    const logger = { ...silent, warn: (fields: unknown) => void lines.push(fields) };
    const none = () => 0;
    const metrics = createMetrics({
      connections: () => [],
      rooms: none,
      members: none,
      lagging: none,
      bufferedBytes: none,
      waitingEntries: none,
      isWritable: () => true,
      nodes: none,
      nodeId: 'n',
    });
    const clock = createManualClock();
    const suspicion = createSuspicion(logger, metrics, clock);
    for (let count = 0; count < 500; count++) suspicion('FORBIDDEN', { address: 'a', userId: 'eve' });
    suspicion('NOT_JOINED', { address: 'a' });
    suspicion('constructor', { address: 'a' });
    t.equal(lines.length, 20);
    t.match(lines[0], { kind: 'forbidden', code: 'FORBIDDEN', address: 'a', userId: 'eve' });
    t.match(await metrics.render(), /tandem_suspicious_total\{kind="forbidden"\} 500\n/);
    clock.advance(1000);
    suspicion('FLOOD', { address: 'a' });
    t.match(lines.slice(20), [{ unlogged: 480 }, { kind: 'flood' }]);
  },
);
