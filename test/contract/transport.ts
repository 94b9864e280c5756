import type { Test } from 'tap';
import { closesContract } from './transport/closes.ts';
import { framesContract } from './transport/frames.ts';
import { hostileContract } from './transport/hostile.ts';
import { httpContract } from './transport/http.ts';
import { lifecycleContract } from './transport/lifecycle.ts';
import { pressureContract } from './transport/pressure.ts';
import { requestsContract } from './transport/requests.ts';
import type { MakeTransport } from './transport/stage.ts';
import { streamsContract } from './transport/streams.ts';

/** What every implementation of the transport's port does, on real sockets. */
export function transportContract(t: Test, name: string, makeTransport: MakeTransport): void {
  for (const [part, contract] of Object.entries({
    frames: framesContract,
    pressure: pressureContract,
    closes: closesContract,
    lifecycle: lifecycleContract,
    http: httpContract,
    requests: requestsContract,
    streams: streamsContract,
    'hostile peers': hostileContract,
  })) {
    t.test(`${name}: ${part}`, async (t) => contract(t, makeTransport));
  }
}
