import t, { type Test } from 'tap';
import { createPost } from '../../server/outbound/post.ts';
import { signingSecret } from '../../server/settings/forms.ts';
import { APPLICATION_SECRET, startApplication } from '../support/application.ts';
import { heldBy } from '../support/held.ts';
import { createManualClock } from '../support/manual-clock.ts';

async function stage(t: Test) {
  const application = await startApplication(t, true);
  const secret = signingSecret.read(APPLICATION_SECRET) as Uint8Array;
  const clock = createManualClock();
  const post = createPost({ url: new URL(application.url), secret, timeoutMs: 2000 }, clock);
  return { application, clock, post };
}

t.test('what may end a request knows nothing of it any more once it is over', async (t) => {
  const { application, post } = await stage(t);
  const { signal } = new AbortController();
  for (let n = 0; n < 3; n++) await post(`id-${n}`, '{}', signal);
  application.reply = () => ({ status: 500 });
  await post('failed', '{}', signal);
  t.equal(application.calls.length, 4);
  t.equal(heldBy(signal), 0);
});

t.test('a request ends where its time is over, or it is aborted, also before it has begun', async (t) => {
  const { application, clock, post } = await stage(t);
  application.reply = () => 'nothing';
  const late = post('late', '{}', new AbortController().signal);
  await application.until(1);
  clock.advance(2000);
  await t.rejects(late, { message: 'no answer within 2000 ms' });

  const aborter = new AbortController();
  const cut = post('cut', '{}', aborter.signal);
  await application.until(2);
  aborter.abort(new Error('closing'));
  await t.rejects(cut, { message: 'closing' });
  await t.rejects(post('never', '{}', aborter.signal), { message: 'closing' });
  t.equal(application.calls.length, 2);
});
