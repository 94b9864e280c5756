import t from 'tap';
import { WebSocket } from 'ws';
import { connect } from '../../clients/client/index.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { startProxy } from '../support/tcp-proxy.ts';
import { clientStage, until } from './stage.ts';

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(`[PR3] who gives up a connection as dead keeps its place and locks (${TRANSPORT})`, async (t) => {
    const at = await clientStage(t, { TRANSPORT });
    const proxy = await startProxy(t, at.server.port);
    const sockets: WebSocket[] = [];
    const Remembered = class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    };
    const clock = createManualClock();
    const options = { WebSocket: Remembered, transports: ['websocket'], clock, heartbeatMs: 4000 } as const;
    const client = connect(`ws://127.0.0.1:${proxy.port}/ws`, options);
    t.teardown(() => client.close());
    const ada = client.join('r', { user: { userId: 'ada' } });
    const ben = at.client().join('r', { user: { userId: 'ben' } });
    clock.advance(0);
    await Promise.all([ada.joined, ben.joined]);
    await ada.selection.select('lamp');
    await ben.selection.select('lamp');

    proxy.pass('questions', false);
    clock.advance(4000);
    clock.advance(2000);
    t.equal(client.status, 'waiting', 'nothing answers');
    proxy.pass('questions', true);
    await new Promise((resolve) => sockets[0]?.on('close', resolve));
    await ben.chat.send('and now?');
    await until(() => ben.chat.messages.length === 1, 'what came before that');
    t.match(ben.presence.others, [{ userId: 'ada' }]);
    t.equal(ben.selection.holderOf('lamp'), 'ada');

    clock.advance(1000);
    await until(() => ada.status === 'joined', 'she is back');
    await ada.chat.send('here I am');
    t.equal(ben.selection.holderOf('lamp'), 'ada');
    client.close();
    await until(() => ben.presence.others.length === 0, 'her goodbye');
  });
}
