import t from 'tap';
import { type EngineStage, onEach } from './stage.ts';

const origin = 'https://app.example';

/** Header names without their common beginning. */
function corsOf({ headers }: Response): Record<string, string> {
  const found = [...headers].filter(([name]) => name.startsWith('access-control-'));
  return Object.fromEntries(found.map(([name, value]) => [name.slice('access-control-'.length), value]));
}

function ask(at: EngineStage, query: string, init: RequestInit = {}, from = origin): Promise<Response> {
  return fetch(at.url(query), { ...init, headers: { ...init.headers, origin: from } });
}

const preflight = {
  method: 'OPTIONS',
  headers: {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type, x-own',
  },
};

onEach(t, 'an origin that is allowed may read every answer, errors too', async (t, start) => {
  const at = await start({
    options: { cors: { origins: [origin], credentials: true }, maxPayloadBytes: 10 },
  });
  const allowed = { 'allow-origin': origin, 'allow-credentials': 'true' };
  const opened = await ask(at, 'EIO=4&transport=polling');
  const { sid } = JSON.parse((await opened.text()).slice(1));
  const session = `EIO=4&transport=polling&sid=${sid}`;
  for (const [response, status] of [
    [opened, 200],
    [await ask(at, session, { method: 'POST', body: '4a' }), 200],
    [await ask(at, 'EIO=3&transport=polling'), 400],
    [await ask(at, session, { method: 'POST', body: '4'.repeat(11) }), 413],
    [await ask(at, session), 400],
  ] as const) {
    t.equal(response.status, status);
    t.same(corsOf(response), allowed);
    t.equal(response.headers.get('vary'), 'Origin');
  }
  const asked = await ask(at, session, preflight);
  t.equal(asked.status, 204);
  t.same(corsOf(asked), {
    ...allowed,
    'allow-methods': 'GET, POST',
    'allow-headers': 'content-type, x-own',
    'max-age': '600',
  });
});

onEach(t, 'an origin that is not allowed reads nothing', async (t, start) => {
  const at = await start({ options: { cors: { origins: [origin], credentials: true } } });
  for (const from of ['https://app.example.evil', 'http://app.example', 'null', 'https://app.example:444']) {
    for (const init of [{}, preflight]) {
      const response = await ask(at, 'EIO=4&transport=polling', init, from);
      t.equal(response.headers.get('access-control-allow-origin'), null, from);
      t.equal(response.headers.get('access-control-allow-credentials'), null);
      t.equal(response.headers.get('vary'), 'Origin');
    }
  }
});

onEach(t, 'by default there is no other origin; `*` is every one, without credentials', async (t, start) => {
  const closed = await start();
  t.same(corsOf(await ask(closed, 'EIO=4&transport=polling')), {});
  const at = await start({ options: { cors: { origins: ['*', origin], credentials: true } } });
  t.same(corsOf(await ask(at, 'EIO=4&transport=polling', {}, 'https://any.example')), {
    'allow-origin': '*',
  });
  t.same(corsOf(await ask(at, 'EIO=4&transport=polling')), {
    'allow-origin': origin,
    'allow-credentials': 'true',
  });
  t.same(corsOf(await fetch(at.url('EIO=4&transport=polling'))), {});
});
