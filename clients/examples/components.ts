// Ada and Ben edit a component that is made of rows of nested components, over Socket.IO.
// Run `npm start`, then: npx tsx clients/examples/components.ts http://127.0.0.1:3001 TOKEN_OF_ADA TOKEN_OF_BEN
import { io, type Socket } from 'socket.io-client';

const [url = 'http://127.0.0.1:3001', adasToken, bensToken] = process.argv.slice(2);
const componentId = `component-${Date.now()}`;

const open = (token: string | undefined) =>
  io(url, { auth: { token }, transports: ['websocket', 'polling'] });
const [ada, ben] = [open(adasToken), open(bensToken)];
for (const socket of [ada, ben]) {
  socket.on('connect_error', ({ message }) => fail(message));
  socket.on('error', ({ code, message }) => fail(`${code}: ${message}`));
}

function fail(reason: string): never {
  console.error(reason);
  process.exit(1);
}

// biome-ignore lint/suspicious/noExplicitAny: what comes from a server
const next = (from: Socket, event: string): Promise<any> => new Promise((told) => from.once(event, told));

await ada.emitWithAck('component:subscribe', { componentId });
const coming = next(ada, 'component:user-joined');
await ben.emitWithAck('component:subscribe', { componentId });
console.log(`Ada hears that ${(await coming).userId} has subscribed.`);

// Who has changed it is not told, the others are.
const updating = next(ben, 'component:updated');
ada.emit('component:update', { componentId, updates: { title: 'Our page' } });
const { updates, updatedBy, timestamp } = await updating;
console.log(
  `${updatedBy} sets the title “${updates.title}”, at a time that the server says: ${!!timestamp}.`,
);

// What is created or deleted is told to all, so that everybody takes it from the server.
const created = [next(ada, 'component:nested-created'), next(ben, 'component:nested-created')];
const nestedComponent = { id: 'n1', type: 'image', url: '/cat.png' };
ben.emit('component:nested-create', { componentId, rowId: 'row-1', nestedComponent });
for (const { createdBy, nestedComponent, rowId } of await Promise.all(created)) {
  console.log(`${createdBy} puts an ${nestedComponent.type} into ${rowId}.`);
}

const nested = { componentId, rowId: 'row-1', nestedComponentId: 'n1' };
const changing = next(ben, 'component:nested-updated');
ada.emit('component:nested-update', { ...nested, updates: { url: '/dog.png' } });
console.log(`Ben shows ${(await changing).updates.url} instead.`);

const typing = next(ben, 'component:typing');
ada.emit('component:typing', { componentId });
console.log(`Ben sees ${(await typing).userId} typing.`);

const deleting = next(ada, 'component:nested-deleted');
ben.emit('component:nested-delete', nested);
console.log(`${(await deleting).deletedBy} takes the image away.`);

const leaving = next(ada, 'component:user-left');
ben.emit('component:unsubscribe', { componentId });
console.log(`Ada hears that ${(await leaving).userId} has gone.`);
for (const socket of [ada, ben]) socket.disconnect();
