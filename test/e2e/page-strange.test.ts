import t from 'tap';
import { drawnInSoftware, isBrowserThere, openBrowser } from '../support/browser.ts';
import { startServer } from '../support/servers.ts';
import { noWebGl, Window } from './page-windows.ts';

t.setTimeout(550_000);

const viewport = { width: 400, height: 300 };

/** Of what kind a thing is, as somebody may write it who means no good. */
const kinds = ['__proto__', 'valueOf', 'constructor', { toString: 1 }, ['sofa'], 7, null];

if (isBrowserThere(t)) {
  const browser = await openBrowser(t, drawnInSoftware);
  const server = await startServer({ DEMO: '1' });
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${server.port}/?room=strange`;

  t.test('whatever somebody writes into a scene, or points at, everybody goes on seeing it', async (t) => {
    const ben = await Window.open(browser, url, 'Ben', { script: noWebGl });
    const write = (prefix: string, kind: unknown) => {
      const data = { kind, place: 'planets', transform: { position: { x: 1, y: 0, z: 2 } } };
      const added = ['strange', 'stool'].map((one) => ({
        type: 'add',
        target: 'item',
        id: `${prefix} ${one}`,
        data: one === 'stool' ? { ...data, kind: 'stool' } : data,
      }));
      return ben.do(`tandem.room.scene.apply(JSON.parse(${JSON.stringify(JSON.stringify(added))}))`);
    };
    for (const [index, kind] of kinds.entries()) await write(`before ${index}`, kind);
    const ada = await Window.open(browser, url, 'Ada', { viewport });
    t.ok(await ada.do('tandem.drawn'), 'who comes');
    for (const [index, kind] of kinds.entries()) await write(`after ${index}`, kind);
    const isDrawn = (id: string) => ada.until(`tandem.onScreen('${id}') !== undefined`);
    for (const index of kinds.keys()) {
      for (const when of ['before', 'after']) {
        for (const one of ['strange', 'stool']) await isDrawn(`${when} ${index} ${one}`);
      }
    }

    for (const target of ['constructor', '__proto__', 'planets']) {
      await ben.do(`tandem.room.signal('cursor', { position: [1, 0, 1], target: '${target}' })`);
    }
    await ada.page.waitForSelector('.label.cursor', { state: 'attached' });
    t.same(ada.faults, []);
  });

  t.test('however many lamps there are, the others are drawn by no more lights than can be', async (t) => {
    const ada = await Window.open(browser, `${url}-lamps`, 'Ada', { viewport, script: counting });
    await ada.do('tandem.drawn');
    const lamps = Array.from({ length: 20 }, (_, n) => ({
      type: 'add',
      target: 'item',
      id: `lamp ${n}`,
      data: { kind: 'lamp', place: 'living', transform: { position: { x: n, y: 0, z: 9 } } },
    }));
    await ada.do(`tandem.room.scene.apply(${JSON.stringify(lamps)}).then(() => {})`);
    await ada.until(`tandem.onScreen('sun') !== undefined && lights > 1`);
    await ada.do(`new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))`);
    t.equal(await ada.do('lights'), 8);
    t.same(ada.faults, []);
  });

  t.test('a second finger does not take along what the first one holds', async (t) => {
    const ada = await Window.open(browser, `${url}-fingers`, 'Ada', { viewport });
    await ada.grab('earth');
    const before = await ada.do(`tandem.room.scene.items.get('earth').transform.position`);
    await ada.do(`document.getElementById('canvas').dispatchEvent(new PointerEvent('pointermove', {
      pointerId: 99, pointerType: 'touch', buttons: 1, clientX: 20, clientY: 200,
    }))`);
    await ada.letGo();
    await ada.until('tandem.room.pending === 0');
    t.same(await ada.do(`tandem.room.scene.items.get('earth').transform.position`), before);
    t.same(ada.faults, []);
  });
}

/** The most lights that a program of the graphics card was made for. */
const counting = `
  window.lights = 0;
  const { shaderSource } = WebGL2RenderingContext.prototype;
  WebGL2RenderingContext.prototype.shaderSource = function (shader, text) {
    lights = Math.max(lights, ...[...text.matchAll(/pointLights\\[ ?([0-9]+) ?\\]/g)].map((one) => Number(one[1])));
    shaderSource.call(this, shader, text);
  };
`;
