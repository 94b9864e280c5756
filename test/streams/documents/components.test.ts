import { io } from 'socket.io-client';
import t from 'tap';
import { tokenOf } from '../../socket-io/stage.ts';
import { add, onBoth } from '../stage.ts';

onBoth(
  t,
  '[ES8] the fallback of the document: polling tells whether anything has changed',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const authorization = `Bearer ${await tokenOf('ada')}`;
    let etag: string | undefined;
    // What `invalidateQueries` comes to every five seconds, where the fetch asks this server.
    const refetch = async () => {
      const known: Record<string, string> = etag === undefined ? {} : { 'if-none-match': etag };
      const response = await fetch(at.url('/rooms/entity:page:page-123/state'), {
        headers: { authorization, ...known },
      });
      etag = response.headers.get('etag') ?? undefined;
      return { status: response.status, body: response.status === 304 ? undefined : await response.json() };
    };
    const write = (id: string) =>
      at.post('/rooms/entity:page:page-123/operations', { clientId: 'b', operation: add(id) }, { as: 'ben' });
    await write('b');
    t.match(await refetch(), { status: 200, body: { version: 1 } });
    t.match(await refetch(), { status: 304 });
    await write('c');
    t.match(await refetch(), { status: 200, body: { version: 2, manifest: { items: { c: { a: 1 } } } } });
    t.match(await refetch(), { status: 304 });
  },
);

onBoth(t, '[ES3] a stream of a component has the events of the document', async (t, start) => {
  const at = await start();
  const ada = await at.open('/rooms/component:c1/events?clientId=a', { as: 'ada' });
  await ada.next('sceneState');
  const ben = io(`http://127.0.0.1:${at.server.port}`, {
    forceNew: true,
    auth: { token: await tokenOf('ben') },
  });
  t.teardown(() => ben.disconnect());
  ben.emit('component:subscribe', { componentId: 'c1' });
  ben.emit('component:update', { componentId: 'c1', updates: { title: 'New' } });
  t.match(await ada.next('component:updated'), {
    id: /^[^:]+:\d+:\d+$/,
    data: { updates: { title: 'New' } },
  });
});
