// Ada and Ben watch a project over Socket.IO, while a backend tracks a session of one of its users over HTTP.
// Run `npm start`, then: npx tsx clients/examples/projects.ts http://127.0.0.1:3001 TOKEN_OF_ADA TOKEN_OF_BEN TOKEN_OF_BACKEND
import { io, type Socket } from 'socket.io-client';
// In an application: 'tandem/backend'. The backend's token has the scope `publish`.
import { createBackend } from '../backend/index.ts';

const [url = 'http://127.0.0.1:3001', adasToken, bensToken, backendToken = ''] = process.argv.slice(2);
const projectId = `p${Date.now()}`;

const open = (token: string | undefined) => io(url, { auth: { token } });
const [ada, ben] = [open(adasToken), open(bensToken)];
for (const socket of [ada, ben]) socket.on('connect_error', ({ message }) => fail(message));

function fail(reason: string): never {
  console.error(reason);
  process.exit(1);
}

// biome-ignore lint/suspicious/noExplicitAny: what comes from a server
const next = (from: Socket, event: string): Promise<any> => new Promise((told) => from.once(event, told));

const unknown = next(ada, 'error');
ada.emit('join-project', { projectId });
console.log(`Nobody knows the project yet: ${(await unknown).code}.`);

const backend = createBackend({ url, token: backendToken });
await backend.projects.put(projectId, { ownerId: 'ada', active: true });
console.log(`The backend makes ${projectId.replace(/\d+/, '1')}, which belongs to Ada.`);
console.log(`Ada may watch it: ${(await ada.emitWithAck('join-project', { projectId })).ok}.`);
console.log(`Ben may not: ${(await ben.emitWithAck('join-project', { projectId })).code}.`);
await backend.projects.put(projectId, { ownerId: 'ada', members: ['ben'], active: true });
console.log(`Ben may when he is a member: ${(await ben.emitWithAck('join-project', { projectId })).ok}.`);
console.log(`Watching: ${(await backend.getConnectedUsersInProject(projectId)).sort().join(' and ')}.`);

const starting = Promise.all([next(ada, 'session-started'), next(ben, 'session-started')]);
const { sessionId } = await backend.sessions.start(projectId, { externalUserId: 'user-456' });
for (const { externalUserId } of await starting) console.log(`A session of ${externalUserId} has begun.`);

const receiving = next(ada, 'event-received');
await backend.sessions.ingest(projectId, sessionId, [{ eventType: 'keydown', keyChar: 'a' }]);
const { event } = await receiving;
console.log(`Ada sees it live: ${event.eventType} ${event.keyChar}.`);

const ending = next(ben, 'session-ended');
await backend.sessions.submit(projectId, sessionId);
console.log(`Ben sees that it was submitted: ${(await ending).submitted}.`);

// Whoever is there when a project is closed is told, and is in it no more.
const told = next(ben, 'error');
await backend.projects.put(projectId, { ownerId: 'ada', members: ['ben'], active: false });
console.log(`The project is closed: ${(await told).code}.`);
for (const socket of [ada, ben]) socket.disconnect();
