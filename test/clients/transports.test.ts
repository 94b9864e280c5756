import t from 'tap';
import { Transports } from '../../clients/client/transports.ts';
import { createManualClock } from '../support/manual-clock.ts';

const MINUTE_MS = 60_000;

t.test('while only WebSockets are blocked, they are tried ever more rarely', (t) => {
  const clock = createManualClock();
  const transports = new Transports(clock, ['websocket', 'event-stream']);
  transports.failed(true);
  for (const minutes of [1, 2, 4, 8, 16, 30, 30]) {
    t.equal(transports.next(), 'event-stream');
    transports.worked();
    t.equal(transports.againInMs, minutes * MINUTE_MS);
    clock.advance(minutes * MINUTE_MS);
    transports.later();
  }
  t.end();
});

t.test('after a time in which nothing got through, WebSockets are tried again within a minute', (t) => {
  const clock = createManualClock();
  const transports = new Transports(clock, ['websocket', 'event-stream']);
  // A server that is away for an hour.
  for (let minutes = 0; minutes < 60; minutes++) {
    transports.next();
    transports.failed(false);
    clock.advance(MINUTE_MS / 2);
  }
  while (transports.next() !== 'event-stream') transports.failed(false);
  transports.worked();
  t.ok((transports.againInMs ?? 0) <= MINUTE_MS, `in ${transports.againInMs} ms`);
  t.end();
});
