import t from 'tap';
import { durable, tokenOf } from '../socket-io/stage.ts';
import { add, onBoth, SCENE } from '../streams/stage.ts';
import { isBrowserThere, openBrowser } from '../support/browser.ts';

t.setTimeout(550_000);

if (isBrowserThere(t)) {
  onBoth(t, '[ES2] a browser’s own EventSource, and a restart of the server', async (t, start) => {
    const at = await start({ ...(await durable(t)), AUTH: 'required', HEARTBEAT_MS: '1000' });
    const token = await tokenOf('ada');
    const browser = await openBrowser(t);
    const page = await browser.newPage();
    // Any page of the server's own origin.
    await page.goto(at.url('/health'));
    await page.evaluate((path) => {
      const seen: { event: string; id: string; data: unknown }[] = [];
      const source = new EventSource(path);
      for (const event of ['connected', 'sceneState', 'sceneDelta', 'heartbeat', 'close']) {
        source.addEventListener(event, (message) => {
          const { data, lastEventId } = message as MessageEvent & { lastEventId: string };
          seen.push({ event, id: lastEventId, data: JSON.parse(data) });
        });
      }
      Object.assign(globalThis, { seen, source });
    }, `${SCENE}/events?clientId=a&token=${token}`);
    // biome-ignore lint/suspicious/noExplicitAny: what comes from a page
    const seen = (): Promise<any[]> => page.evaluate('seen');
    const until = async (found: (events: { event: string; data: Record<string, unknown> }[]) => boolean) => {
      while (!found(await seen())) await at.pass(16);
    };
    const write = (id: string) =>
      page.evaluate(
        async ([path, token, id]) => {
          const answer = await fetch(path as string, {
            method: 'POST',
            headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
            body: JSON.stringify({
              clientId: 'a',
              opId: id,
              operation: { type: 'add', target: 'item', id, data: {} },
            }),
          });
          return answer.json();
        },
        [`${SCENE}/operations`, token, id],
      );
    await until((events) => events.some(({ event }) => event === 'sceneState'));
    t.match(await write('one'), { ok: true, version: 1 });
    await at.pass(1000, 100);
    await until((events) =>
      ['sceneDelta', 'heartbeat'].every((name) => events.some((one) => one.event === name)),
    );
    await at.restart();
    await at.post(`${SCENE}/operations`, { clientId: 'b', operation: add('missed') }, { as: 'ben' });
    const toVersion = ({ data }: { data: { delta?: { toVersion: number } } }) => data.delta?.toVersion;
    await until((events) => events.some((one) => toVersion(one as never) === 2));
    t.match(await write('three'), { ok: true, version: 3 });
    await until((events) => events.some((one) => toVersion(one as never) === 3));
    const events = await seen();
    t.equal(events.filter(({ event }) => event === 'connected').length, 2);
    t.equal(events.filter(({ event }) => event === 'sceneState').length, 1, 'the state comes once');
    const closed = events.find(({ event }) => event === 'close');
    t.match(closed, { data: { code: 'SHUTDOWN', reconnect: true } });
    const deltas = events.filter(({ event }) => event === 'sceneDelta');
    t.same(
      deltas.map(({ data }) => [data.delta.fromVersion, data.delta.toVersion]),
      [
        [0, 1],
        [1, 2],
        [2, 3],
      ],
      'nothing is missing and nothing comes twice',
    );
    t.match(deltas[2].id, /^[^:]+:3$/);
    await page.evaluate('source.close()');
  });
}
