import { contenders } from '../servers/servers.ts';
import type { Workload } from './run.ts';
import { streamed } from './stream.ts';

const { tandemBatch, tandemSocketIo } = contenders;
const times = [1, 2, 4, 8];

export const growth: Workload = {
  name: 'growth',
  text: 'The same load, once, twice, four and eight times: what a delivery costs must not grow with it.',
  cases: [
    ...[tandemBatch, tandemSocketIo].map((one) => ({
      title: `${one.name}: from 2 to 16 rooms of 20 at 30 Hz`,
      rows: times.map((factor) =>
        streamed(
          one,
          { kind: 'move', rooms: 2 * factor, users: 20, perSecond: 30 },
          `${2 * factor} rooms of 20`,
        ),
      ),
      against: '2 rooms of 20',
      by: 'cpuPerDelivery',
      when: 'whole' as const,
    })),
    {
      title: `${tandemBatch.name}: from 10 to 80 users in each of 2 rooms at 30 Hz`,
      rows: times.map((factor) =>
        streamed(
          tandemBatch,
          { kind: 'move', rooms: 2, users: 10 * factor, perSecond: 30 },
          `2 rooms of ${10 * factor}`,
        ),
      ),
      against: '2 rooms of 10',
      by: 'cpuPerDelivery',
      when: 'whole' as const,
    },
  ],
};
