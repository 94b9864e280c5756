import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import t from 'tap';
import { connect } from '../support/client.ts';
import { startServer } from '../support/servers.ts';

/** The status line of the answer to a target that is sent as it stands: `fetch` would tidy it up. */
async function statusOf(port: number, target: string): Promise<string> {
  const socket = connectSocket(port, '127.0.0.1');
  socket.end(`GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  await once(socket, 'close');
  return text.split(' ')[1] ?? '';
}

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(
    `the pages bring everything that they need, and nothing else runs in them (${TRANSPORT})`,
    async (t) => {
      const server = await startServer({ TRANSPORT, DEMO: '1' });
      t.teardown(() => server.close());
      t.ok(server.hasPages);
      const get = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init);
      const seen = new Set<string>();
      for (const path of ['/', '/inspector']) {
        const page = await get(path);
        t.equal(page.status, 200);
        t.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
        t.equal(page.headers.get('cache-control'), 'no-cache', 'a new build is seen at once');
        const policy = page.headers.get('content-security-policy') ?? '';
        for (const part of [
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "frame-ancestors 'none'",
        ]) {
          t.ok(policy.split('; ').includes(part), part);
        }
        t.notMatch(policy, /unsafe/);
        t.equal(page.headers.get('x-content-type-options'), 'nosniff');
        t.equal(page.headers.get('referrer-policy'), 'no-referrer');
        t.equal(page.headers.get('access-control-allow-origin'), null, 'no other page reads it');
        const html = await page.text();
        t.notMatch(
          html,
          /<script(?![^>]* src="\/pages\/)|<style|\son\w+=|style="|https?:/i,
          'nothing is inline or from afar',
        );
        t.notMatch(html, /\{(script|style|icon)\}/);
        const scripts = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, found]) => found as string);
        for (const file of scripts) seen.add(file);
      }
      for (const path of seen) {
        const file = await get(path);
        const text = await file.text();
        t.equal(file.status, 200, path);
        t.match(
          file.headers.get('content-type'),
          path.endsWith('.js') ? 'text/javascript' : /^(text\/css|image\/svg)/,
        );
        t.match(file.headers.get('cache-control'), 'immutable');
        t.equal(file.headers.get('content-security-policy')?.includes("default-src 'none'"), true);
        // What scripts load later is there, too.
        for (const [, name = ''] of text.matchAll(/["']\.\/([\w-]+\.js)["']/g)) {
          t.equal((await get(`/pages/${name}`, { method: 'HEAD' })).status, 200, name);
        }
      }
      t.ok(seen.size >= 5, 'two scripts, two styles, one icon');
    },
  );

  t.test(`only what is in the table is served, and only to be read (${TRANSPORT})`, async (t) => {
    const server = await startServer({ TRANSPORT, DEMO: '1' });
    t.teardown(() => server.close());
    const get = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init);
    const page = await get('/');
    const length = Buffer.byteLength(await page.text());
    const head = await get('/', { method: 'HEAD' });
    t.equal(head.status, 200);
    t.equal(head.headers.get('content-length'), String(length));
    t.equal(head.headers.get('etag'), page.headers.get('etag'));
    t.equal(await head.text(), '');
    for (const tag of [page.headers.get('etag') ?? '', `"x", W/${page.headers.get('etag')}`, '*']) {
      const again = await get('/', { headers: { 'if-none-match': tag } });
      t.equal(again.status, 304, tag);
      t.equal(await again.text(), '');
      t.ok(again.headers.get('content-security-policy'));
    }
    t.equal((await get('/', { headers: { 'if-none-match': '"x"' } })).status, 200);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const refused = await get('/', { method });
      t.equal(refused.status, 405, method);
      t.equal(refused.headers.get('allow'), 'GET, HEAD');
      t.match(await refused.json(), { code: 'METHOD_NOT_ALLOWED' });
    }
    const others = [
      '/pages/',
      '/pages/table.json',
      '/pages/demo.html',
      '/pages/../table.json',
      '/pages/..%2ftable.json',
      '/pages/%2e%2e/%2e%2e/package.json',
      '/pages/..\\..\\package.json',
      '//pages/table.json',
      '/inspector/',
      '/index.html',
      '/constructor',
      '/__proto__',
    ];
    for (const target of others) t.equal(await statusOf(server.port, target), '404', target);
    t.equal((await get('/health')).status, 200, 'the rest is answered as ever');
    const ada = await connect(server.port, { path: '/' });
    t.match(await ada.nextOf('welcome'), { connectionId: String }, 'and so are WebSockets at /');
    await ada.close();
    const metrics = await (await get('/metrics')).text();
    t.match(metrics, /^tandem_http_requests_total\{route="pages",status="304"\} 3$/m);
  });

  t.test(`without DEMO there are no pages (${TRANSPORT})`, async (t) => {
    for (const env of [{}, { DEMO: '0' }, { JWT_SECRET: '', DEMO: '0' }] as Record<string, string>[]) {
      const server = await startServer({ TRANSPORT, ...env });
      t.teardown(() => server.close());
      t.notOk(server.hasPages);
      for (const path of ['/', '/inspector']) {
        const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
        t.equal(answer.status, 404);
        t.match(await answer.json(), { code: 'NOT_FOUND' });
      }
    }
    const server = await startServer({ TRANSPORT, JWT_SECRET: '' });
    t.teardown(() => server.close());
    t.equal((await fetch(`http://127.0.0.1:${server.port}/`)).status, 200, 'but in development mode');
  });
}
