import t from 'tap';
import { Sent } from '../../server/fanout/sent.ts';

t.test('[RS2] of who has left more rooms than are remembered any room may have been one', async (t) => {
  const sent = new Sent();
  const leave = (count: number) => {
    for (let n = 0; n < count; n++) sent.note(`room-${n}`);
  };
  leave(99);
  t.ok(sent.knows('room-0'));
  t.notOk(sent.knows('another'));
  leave(101);
  t.ok(sent.knows('room-0'), 'though it is no longer kept by name');
});
