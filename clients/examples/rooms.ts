// Ada and Ben talk, type, point, and edit a blueprint in one room, over Socket.IO.
// Run `npm start`, then: npx tsx clients/examples/rooms.ts http://127.0.0.1:3001 TOKEN_OF_ADA TOKEN_OF_BEN
import { io, type Socket } from 'socket.io-client';

const [url = 'http://127.0.0.1:3001', adasToken, bensToken] = process.argv.slice(2);
const roomId = `blueprint-${Date.now()}`;

const open = (token: string | undefined) => io(url, { auth: { token } });
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

ada.emit('join_room', { roomId });
await next(ada, 'room_joined');
const coming = next(ada, 'user_joined');
ben.emit('join_room', { roomId });
const { users } = await next(ben, 'room_joined');
console.log(`Ben finds ${users.map((one: { userName: string }) => one.userName).join(' and ')} in the room.`);
console.log(`Ada hears that ${(await coming).userName} has joined.`);

const typing = next(ben, 'user_typing');
ada.emit('typing', { roomId, isTyping: true });
const { userName, isTyping } = await typing;
console.log(`Ben sees that ${userName} ${isTyping ? 'is typing' : 'has stopped'}.`);

const heard = next(ben, 'message');
const answer = await ada.emitWithAck('send_message', {
  roomId,
  message: 'Updated the <b>security</b> section<script>alert(1)</script>',
  type: 'comment',
});
const message = await heard;
console.log(`${message.userName} says, as a ${message.type}: ${message.message}`);
console.log(`It is stored, and has an id: ${answer.ok && message.id === answer.id}.`);

const updating = next(ada, 'blueprint_update');
const changes = { section: 'security', action: 'add', content: 'Lock the doors.' };
ben.emit('blueprint_update', { roomId, blueprintId: 'bp-1', changes });
const update = await updating;
console.log(`${update.userName} does: ${update.changes.action} ${update.changes.section}.`);

const pointing = next(ben, 'cursor_move');
ada.emit('cursor_move', { roomId, position: { x: 150, y: 300 }, selection: { start: 10, end: 25 } });
const cursor = await pointing;
console.log(`${cursor.userName} points at ${cursor.position.x}, ${cursor.position.y}.`);

const refusal = await ben.emitWithAck('send_message', { roomId: 'elsewhere', message: 'Anybody here?' });
console.log(`Where Ben is not, he is not heard: ${refusal.code}.`);

const leaving = next(ada, 'user_left');
ben.emit('leave_room', { roomId });
console.log(`Ada hears that ${(await leaving).userName} has left.`);
for (const socket of [ada, ben]) socket.disconnect();
