import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { CompactSign, exportJWK, type JWK } from 'jose';
import t from 'tap';
import { add, bearer, type Person, remove, type Stage, stage, token, update } from './person.ts';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const strict = { AUTH: 'required' };

async function sign(payload: unknown, key: KeyObject | Uint8Array = ec.privateKey, alg = 'ES256') {
  const bytes = new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return new CompactSign(bytes).setProtectedHeader({ alg }).sign(key);
}

let ids = 0;

/** Somebody whose token has a key. */
async function keyHolder(at: Stage, sub: string, jwk: JWK): Promise<Person> {
  return at.member(sub, 'room', await bearer({ sub, cnf: { jwk } }));
}

/** The command with an opId, and signed as it should be; `said`: what is signed otherwise. */
async function signed(
  at: Stage,
  command: Record<string, unknown>,
  said: Record<string, unknown> = {},
  key?: KeyObject,
  alg?: string,
): Promise<Record<string, unknown>> {
  ids += 1;
  const whole: Record<string, unknown> = { opId: `op-${ids}`, ...command };
  const iat = Math.floor(at.clock.now() / 1000);
  const signature = await sign({ iat, roomId: 'room', ...whole, ...said }, key, alg);
  return { ...whole, signature };
}

/** A signature is checked in another thread. */
async function ask(at: Stage, one: Person, command: Record<string, unknown>) {
  ids += 1;
  const ref = `signed-${ids}`;
  one.send({ ...command, ref });
  return at.until(() => one.heard().find((message) => message.ref === ref), 'an answer');
}

const code = 'SIGNATURE_INVALID';

t.test('[ID13] what is critical needs the signature of its user, and nothing else does', async (t) => {
  const at = await stage(t, { ...strict, SIGNED_COMMANDS: 'message,remove' });
  const ada = await keyHolder(at, 'ada', await exportJWK(ec.publicKey));
  t.match(await ask(at, ada, add('i')), { type: 'ack' });
  t.match(await ask(at, ada, update('i', { x: 1 })), { type: 'ack' });
  t.match(await ask(at, ada, { type: 'message', text: 'x' }), { type: 'error', code, path: 'signature' });
  t.match(await ask(at, ada, remove('i')), { code, path: 'signature' });
  t.match(await ask(at, ada, await signed(at, { type: 'message', text: 'x' })), { type: 'ack' });
  t.match(await ask(at, ada, await signed(at, remove('i'))), { type: 'ack' });
  t.match(await ask(at, ada, add('i')), { type: 'ack' });
  const both = { type: 'sceneOperation', operations: [add('j').operation, remove('i').operation] };
  t.match(await ask(at, ada, both), { code });
  t.match(await ask(at, ada, { type: 'relay', event: 'e', data: 1, operations: both.operations }), { code });
  t.match(await ask(at, ada, await signed(at, both)), { type: 'ack' });
});

for (const critical of ['add', 'update']) {
  t.test(`[ID13] [EV3] no relay does by another name what is critical (${critical})`, async (t) => {
    const at = await stage(t, { ...strict, SIGNED_COMMANDS: critical });
    const ada = await keyHolder(at, 'ada', await exportJWK(ec.publicKey));
    const relay = (operation: unknown) => ({ type: 'relay', event: 'e', data: 1, operations: [operation] });
    // The other one, which would be fitted: an add of what is there, or an update of what is not.
    const item = critical === 'add' ? 'missing' : 'there';
    const other = critical === 'add' ? update(item, { x: 1 }) : add(item, { x: 1 });
    if (critical === 'update') t.match(await ask(at, ada, add(item)), { type: 'ack' });
    const before = await ada.ask({ type: 'requestSync' });
    t.match(await ask(at, ada, relay(other.operation)), { type: 'error', code, path: 'signature' });
    t.equal((await ada.ask({ type: 'requestSync' })).version, before.version, 'and nothing is done');
    t.match(await ask(at, ada, await signed(at, relay(other.operation))), {
      type: 'ack',
      version: before.version + 1,
    });
    t.match(await ask(at, ada, relay(remove(item).operation)), { type: 'ack' }, 'a removal is one');
    t.match(await ask(at, ada, { type: 'relay', event: 'e', data: 1 }), { type: 'ack' });
  });
}

t.test('[ID13] every kind of command, and other algorithms, can be signed', async (t) => {
  const at = await stage(t, { ...strict, SIGNED_COMMANDS: 'sceneOperation,relay,message,operation' });
  const ada = await keyHolder(at, 'ada', await exportJWK(ed.publicKey));
  const all = [
    add('i', { deep: { nested: ['ä', 1.5, null] } }),
    { type: 'relay', event: 'e', data: { any: [1] }, toAll: true },
    { type: 'message', text: 'x', kind: 'comment', metadata: { a: 1 } },
    { type: 'operation', documentId: 'd', operation: ['hi'], version: 0 },
  ];
  for (const one of all) {
    t.match(await ask(at, ada, one), { code });
    t.match(await ask(at, ada, await signed(at, one, {}, ed.privateKey, 'EdDSA')), { type: 'ack' });
  }
});

t.test('[ID13] a signature of something else, by somebody else, or of another time is none', async (t) => {
  const at = await stage(t, { ...strict, SIGNED_COMMANDS: 'sceneOperation' });
  const jwk = await exportJWK(ec.publicKey);
  const ada = await keyHolder(at, 'ada', jwk);
  const ben = await keyHolder(at, 'ben', await exportJWK(ed.publicKey));
  const keyless = await at.member('eve', 'room', await bearer({ sub: 'eve' }));
  const now = Math.floor(at.clock.now() / 1000);
  const bad: [string, Record<string, unknown>][] = [
    ['another room', await signed(at, add('i'), { roomId: 'other' })],
    ['no room', await signed(at, add('i'), { roomId: undefined })],
    ['another operation', await signed(at, add('i'), { operation: add('j').operation })],
    ['another opId', await signed(at, add('i'), { opId: 'x' })],
    ['more than the command', await signed(at, add('i'), { version: 7 })],
    ['another type', await signed(at, add('i'), { type: 'relay' })],
    ['too old', await signed(at, add('i'), { iat: now - 301 })],
    ['of the future', await signed(at, add('i'), { iat: now + 301 })],
    ['of no time', await signed(at, add('i'), { iat: undefined })],
    ['by another key', await signed(at, add('i'), {}, ed.privateKey, 'EdDSA')],
    ['no JWS', { ...add('i'), opId: 'a', signature: 'x.y.z' }],
    ['empty', { ...add('i'), opId: 'a', signature: '' }],
    ['no object', { ...add('i'), opId: 'a', signature: await sign('[]') }],
    ['no JSON', { ...add('i'), opId: 'a', signature: await sign('nonsense') }],
    [
      'by the public key as a secret',
      {
        ...add('i'),
        opId: 'a',
        signature: await sign({ iat: now }, Buffer.from(JSON.stringify(jwk)), 'HS256'),
      },
    ],
  ];
  for (const [name, command] of bad) t.match(await ask(at, ada, command), { code, path: 'signature' }, name);
  const { opId, ...without } = await signed(at, add('i'));
  t.match(await ask(at, ada, without), { code, path: 'opId' }, String(opId));
  t.match(await ask(at, ada, { ...add('i'), opId: 'a', signature: 7 }), { code: 'INVALID_FIELD' });
  const good = await signed(at, add('i'));
  t.match(await ask(at, ben, good), { code }, 'of another user');
  t.match(await ask(at, keyless, good), { code, expected: 'a token with the key of its user, in `cnf.jwk`' });
  t.match(await ask(at, ada, good), { type: 'ack', version: 1 });
  t.match(await ask(at, ada, good), { type: 'ack', version: 1 }, 'again is applied once');
  t.match(await ask(at, ada, update('i', {})), { code });
  t.match((await ada.ask({ type: 'requestSync' })).version, 1);
});

t.test('[ID13] hostile keys in a token open nothing', async (t) => {
  const at = await stage(t, { ...strict, SIGNED_COMMANDS: 'message' });
  const secret = Buffer.from('x'.repeat(32));
  const keys: unknown[] = [
    { kty: 'oct', k: secret.toString('base64url') },
    {},
    { kty: 'EC' },
    { kty: 'RSA', n: 'AQ', e: 'AQ' },
    { ...(await exportJWK(ec.publicKey)), crv: 'P-999' },
  ];
  for (const jwk of keys) {
    const eve = await keyHolder(at, 'eve', jwk as JWK);
    ids += 1;
    const command = { type: 'message', text: 'x', opId: `op-${ids}` };
    const payload = { iat: Math.floor(at.clock.now() / 1000), roomId: 'room', ...command };
    const signature = await sign(payload, secret, 'HS256');
    t.match(await ask(at, eve, { ...command, signature }), { code }, JSON.stringify(jwk));
  }
  const plain = await at.member('eve', 'room', await bearer({ sub: 'eve', cnf: 'nonsense' }));
  t.match(await ask(at, plain, { type: 'message', text: 'x' }), { code });
  t.ok(await token({ sub: 'eve' }));
});

t.test('[ID13] where nothing is critical a signature is not looked at', async (t) => {
  const at = await stage(t, strict);
  const ada = await at.member('ada', 'room', await bearer({ sub: 'ada' }));
  t.match(await ask(at, ada, { ...add('i'), signature: 'nonsense' }), { type: 'ack' });
});

t.test('[ID13] [RL4] behind what a command stands is no part of what is signed', async (t) => {
  const at = await stage(t, { ...strict, SIGNED_COMMANDS: 'message' });
  const ada = await keyHolder(at, 'ada', await exportJWK(ec.publicKey));
  const said = { type: 'message', text: 'x' };
  const command = await signed(at, said);
  for (const after of ['one', 'another', undefined])
    t.match(await ask(at, ada, { ...command, ...(after === undefined ? {} : { after }) }), { type: 'ack' });
  const covering = await signed(at, { ...said, after: 'one' });
  for (const after of ['one', 'another'])
    t.match(await ask(at, ada, { ...covering, after }), { type: 'ack' }, 'nor a fault where it is signed');
});
