import t from 'tap';
import { singleFrames } from '../../server/dialect/framings/json.ts';
import { native } from '../../server/dialect/vocabularies/native.ts';
import { Receiver } from '../../server/fanout/receiver.ts';
import { RoomFanout } from '../../server/fanout/room-fanout.ts';
import { createTicker } from '../../server/fanout/ticker.ts';
import { emptyRoom } from '../../server/room/state.ts';
import type { Connection } from '../../server/transport/connection.ts';
import { payloadOf } from '../../server/transport/frame.ts';
import { createManualClock } from '../support/manual-clock.ts';

t.test('[SR3] where it is not known what was lost, the whole state comes', async (t) => {
  const clock = createManualClock();
  const told: string[] = [];
  const connection: Connection = {
    id: 'c1',
    state: undefined,
    send: (frame) => {
      told.push(JSON.parse(Buffer.from(payloadOf(frame)).toString()).type);
      return 'sent';
    },
    cork: (action) => action(),
    subscribe() {},
    unsubscribe() {},
    bufferedBytes: () => 0,
    close() {},
    terminate() {},
  };
  const dialect = { name: 'test', framing: singleFrames, vocabulary: native };
  const receiver = new Receiver(connection, dialect, {
    clock,
    maxHeldBytes: 1000,
    maxBufferedBytes: 1000,
    drainTimeoutMs: 1000,
    onLagging() {},
    onResynced() {},
    onFrame() {},
    onHopeless: () => t.fail('it is helped'),
  });
  const view = { roomId: 'r', epoch: 'e', state: emptyRoom(), lastSeen: () => 0 };
  const fanout = new RoomFanout(view, {
    publish() {},
    ticker: createTicker(clock, 16),
    onSent() {},
    onFlush() {},
    monotonic: () => clock.monotonic(),
  });
  fanout.attach(receiver, 'ada', { joins: [{ ref: undefined }], scene: true, since: undefined });
  fanout.flush();
  t.ok(told.splice(0).includes('sceneState'));
  // Of a flush that is long over.
  receiver.frameDropped(Buffer.from('{"type":"presence"}'));
  receiver.drained();
  fanout.flush();
  t.ok(told.includes('sceneState'));
});
