import { generateKeyPairSync } from 'node:crypto';
import { CompactSign, exportJWK } from 'jose';
import t from 'tap';
import { onEach, tokenOf } from './stage.ts';

onEach(t, '[ID13] clients of Socket.IO sign in the words of the protocol', async (t, start) => {
  const at = await start({ AUTH: 'required', SIGNED_COMMANDS: 'remove,message' });
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const token = await tokenOf('ada', { cnf: { jwk: await exportJWK(publicKey) } });
  const sign = (command: object) => {
    const payload = Buffer.from(JSON.stringify({ ...command, iat: Math.floor(Date.now() / 1000) }));
    return new CompactSign(payload).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
  };
  const scene = await at.client({ namespace: '/scenes', auth: { token } });
  scene.emit('joinScene', { projectId: 'p', sceneId: 's' });
  await scene.next('sceneJoined');
  t.match(await scene.ask('sceneOperation', { type: 'add', target: 'item', id: 'i', data: {} }), {
    ok: true,
  });
  const operation = { type: 'remove', target: 'item', id: 'i' };
  t.match(await scene.ask('sceneOperation', { ...operation, opId: 'o' }), {
    ok: false,
    code: 'SIGNATURE_INVALID',
  });
  const signature = await sign({ type: 'sceneOperation', roomId: 'scene:p:s', opId: 'o', operation });
  t.match(await scene.ask('sceneOperation', { ...operation, opId: 'o', signature }), {
    ok: true,
    version: 2,
  });

  const room = await at.client({ auth: { token } });
  await room.ask('join_room', { roomId: 'r' });
  const message = { roomId: 'r', message: 'hi', opId: 'm' };
  t.match(await room.ask('send_message', message), { code: 'SIGNATURE_INVALID' });
  const said = await sign({ type: 'message', roomId: 'r', opId: 'm', text: 'hi' });
  t.match(await room.ask('send_message', { ...message, signature: said }), { ok: true });
  t.match(await room.next('message'), { message: 'hi' });

  const change = { roomId: 'r', blueprintId: 'b', opId: 'c', changes: { section: 's', action: 'delete' } };
  t.match(await room.ask('blueprint_update', change), { code: 'SIGNATURE_INVALID' });
  const event = { event: 'blueprint_update', data: change };
  const operations = [{ type: 'remove', target: 'item', id: 'b/s' }];
  const changed = await sign({ type: 'relay', roomId: 'r', opId: 'c', ...event, operations });
  const ben = await at.client({ as: 'ben' });
  await ben.ask('join_room', { roomId: 'r' });
  t.match(await room.ask('blueprint_update', { ...change, signature: changed }), { ok: true });
  t.notHas(
    await ben.next('blueprint_update'),
    { signature: String },
    'what is signed has no signature in it',
  );
});

onEach(
  t,
  '[ID13] [EV3] what is critical needs its signature in words of components and blueprints, too',
  async (t, start) => {
    const at = await start({ AUTH: 'required', SIGNED_COMMANDS: 'update' });
    const ada = await at.client({ as: 'ada' });
    await ada.ask('component:subscribe', { componentId: 'c1' });
    const nested = { componentId: 'c1', rowId: 'row', nestedComponent: { id: 'n', color: 'red' } };
    t.match(await ada.ask('component:nested-create', nested), { code: 'SIGNATURE_INVALID' });
    await ada.ask('join_room', { roomId: 'r' });
    const change = { roomId: 'r', blueprintId: 'b', changes: { section: 's', action: 'add', x: 1 } };
    t.match(await ada.ask('blueprint_update', change), { code: 'SIGNATURE_INVALID' });
  },
  ['websocket only'],
);
