import t from 'tap';
import { bearer, ofType, present, stage, token } from './person.ts';

const strict = { AUTH: 'required' };
const asleep = { ownerId: 'ada', members: [], active: false };
const roomId = 'scene:p:s';

/** An authorizer of the program's that answers when it is told to. */
function late() {
  const waiting: (() => void)[] = [];
  return {
    waiting,
    authorize: () => new Promise<boolean>((resolve) => waiting.push(() => resolve(true))),
    answerAll() {
      for (const answer of waiting.splice(0)) answer();
    },
  };
}

t.test('[ID9] a late answer to a join does not outlive a change of the project', async (t) => {
  const { waiting, answerAll, authorize } = late();
  const at = await stage(t, strict, { authorize });
  const ada = at.person(await bearer({ sub: 'ada' }));
  await at.until(() => ada.heard()[0], 'welcome');
  ada.send({ type: 'join', roomId, ref: 1 });
  await at.until(() => waiting.length > 0, 'the question');
  await at.server.projects.put('p', asleep);
  answerAll();
  const answer = await at.until(() => ada.heard().find((one) => one.ref === 1), 'an answer');
  t.hasStrict(answer, { type: 'error', code: 'PROJECT_INACTIVE' });
  t.hasStrict(await ada.ask({ type: 'message', text: 'x', roomId }), { code: 'NOT_JOINED' });
});

t.test('[ID9] nor does one to an auth message', async (t) => {
  const { waiting, answerAll, authorize } = late();
  const at = await stage(t, strict, { authorize });
  const root = await at.member('root', roomId, await bearer({ sub: 'root', role: 'admin' }));
  const ada = await at.member('ada', roomId, await bearer({ sub: 'ada', role: 'admin' }));
  ada.send({ type: 'auth', token: await token({ sub: 'ada' }), ref: 1 });
  await at.until(() => waiting.length > 0, 'whether she may be there');
  answerAll();
  await at.until(() => waiting.length > 0, 'whether she may write');
  // As an admin she may stay, and it is not for an admin that the question was.
  await at.server.projects.put('p', asleep);
  const answer = () => ada.heard().find((one) => one.ref === 1);
  await at.until(() => {
    answerAll();
    return answer();
  }, 'an answer');
  await at.pass(50);
  t.hasStrict(ofType(ada.heard(), 'error'), [{ roomId, code: 'PROJECT_INACTIVE' }]);
  t.same(present(await root.news()), ['root']);
});

t.test('[ID9] nor does one that was asked for because of an earlier change', async (t) => {
  const { waiting, answerAll, authorize } = late();
  const at = await stage(t, strict, { authorize });
  const root = await at.member('root', roomId, await bearer({ sub: 'root', role: 'admin' }));
  await at.server.projects.put('p', { ...asleep, active: true });
  const ada = await at.member('ada', roomId, await bearer({ sub: 'ada' }));
  // Nobody vouches for the project, so the program is asked whether she may stay.
  await at.server.projects.delete('p');
  await at.until(() => waiting.length > 0, 'the question');
  await at.server.projects.put('p', asleep);
  answerAll();
  await at.pass(50);
  t.hasStrict(ofType(ada.heard(), 'error'), [{ roomId, code: 'PROJECT_INACTIVE' }]);
  t.same(present(await root.news()), ['root']);
});

t.test(
  '[ID5] who is sent away while it is asked whether it may join again is in the room no more',
  async (t) => {
    const { waiting, answerAll } = late();
    let isSlow = false;
    const slowly = () => new Promise<boolean>((resolve) => waiting.push(() => resolve(true)));
    const at = await stage(t, {}, { authorize: () => (isSlow ? slowly() : true) });
    const guest = await at.member('ada');
    await guest.join('other', 'ada');
    isSlow = true;
    guest.send({ type: 'join', roomId: 'room', ref: 'again' });
    await at.until(() => waiting.length > 0, 'the question');
    isSlow = false;
    await at.member('ada', 'room', await bearer({ sub: 'ada' }));
    answerAll();
    const answer = await at.until(() => guest.heard().find(({ ref }) => ref === 'again'), 'the refusal');
    t.hasStrict(answer, { type: 'error', code: 'IDENTITY_MISMATCH' });
    t.hasStrict(await guest.ask({ type: 'message', text: 'x', roomId: 'room' }), { code: 'NOT_JOINED' });
    t.hasStrict(await guest.ask({ type: 'message', text: 'x' }), { type: 'ack', roomId: 'other' });
  },
);
