import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';

const module = new URL('../../server/transport/create.js', import.meta.url).href;

/** Takes µWS away, as where it has no binary. */
const withoutBinary = `
  export async function resolve(specifier, context, next) {
    if (specifier === 'uWebSockets.js') throw new Error('no binary');
    return next(specifier, context);
  }`;

/** In a process of its own: what was loaded once stays loaded. */
async function create(choice: 'uws' | 'ws' | undefined, { binary }: { binary: boolean }): Promise<string> {
  const kind = choice === undefined ? 'undefined' : `'${choice}'`;
  const program = `
    import { register } from 'node:module';
    if (!${binary}) register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(withoutBinary)}));
    const { createTransport } = await import(${JSON.stringify(module)});
    const handler = { selectProtocol: () => '' };
    try {
      const { transport } = await createTransport(${kind}, {
        paths: ['/'], maxBufferedBytes: 1, maxFrameBytes: 1, newId: () => '', handler,
        http: () => ({ status: 200, headers: {}, body: 'served' }),
      });
      const port = await transport.listen('127.0.0.1', 0);
      console.log(await (await fetch('http://127.0.0.1:' + port)).text());
      await transport.close();
    } catch (error) {
      console.log(error.message);
    }`;
  const args = ['--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
  return stdout.trim();
}

for (const kind of ['uws', 'ws'] as const) {
  t.test(`${kind} is made, and its process ends once it is closed`, async (t) => {
    t.equal(await create(kind, { binary: true }), 'served');
  });
}

t.test('ws needs no binary', async (t) => {
  t.equal(await create('ws', { binary: false }), 'served');
});

t.test('without a choice it is ws where µWS has no binary', async (t) => {
  t.equal(await create(undefined, { binary: false }), 'served');
});

t.test('a missing binary is an error that names the way out', async (t) => {
  t.match(await create('uws', { binary: false }), /µWebSockets.js cannot be loaded .* TRANSPORT=ws/);
});
