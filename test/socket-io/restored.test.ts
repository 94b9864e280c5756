import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startServer } from '../support/servers.ts';
import { comeBack, durable, onEach } from './stage.ts';

const roomId = 'blueprint-1';

onEach(
  t,
  '[SO14] who has heard more than a backup has begins anew once that is restored',
  async (t, start) => {
    const env = await durable(t);
    const file = (name: string) => join(env.DATA_DIR as string, name);
    const at = await start(env);
    let { server } = at;
    const again = async () => {
      server = await startServer({ ...at.env, ...env });
      t.teardown(() => server.close());
    };
    const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
    for (const one of [ada, ben]) one.socket.io.reconnection(false);
    const end = async () => {
      await server.close();
      await Promise.all([ada.next('disconnect'), ben.next('disconnect')]);
    };
    for (const one of [ada, ben]) await one.ask('join_room', { roomId });
    const say = (message: string) => ben.ask('send_message', { roomId, message });
    await say('kept');
    t.match(await ada.next('message'), { message: 'kept' });
    await end();
    copyFileSync(file('data.mdb'), file('backup'));

    await again();
    t.equal(await comeBack(ada), true);
    t.equal(await comeBack(ben), true);
    await say('gone');
    t.match(await ada.next('message'), { message: 'gone' });
    await end();
    renameSync(file('backup'), file('data.mdb'));

    await again();
    t.equal(await comeBack(ben), false);
    await ben.ask('join_room', { roomId });
    await say('instead of it');
    t.equal(await comeBack(ada), false);
    t.match(await ada.ask('join_room', { roomId }), { roomId });
  },
);
