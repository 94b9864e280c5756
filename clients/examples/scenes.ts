// Ada and Ben edit a scene over Socket.IO; where WebSocket is blocked, an event stream tells the same.
// Run `npm start`, then: npx tsx clients/examples/scenes.ts http://127.0.0.1:3001 TOKEN_OF_ADA TOKEN_OF_BEN
// @ts-expect-error it brings no types
import EventSource from 'eventsource';
import { io, type Socket } from 'socket.io-client';

const [url = 'http://127.0.0.1:3001', adasToken, bensToken] = process.argv.slice(2);
const scene = { projectId: 'p1', sceneId: `s${Date.now()}` };

interface Operation {
  type: 'add' | 'update' | 'remove';
  target: 'item' | 'scene';
  id?: string;
  data?: Record<string, unknown>;
}

class Editor {
  readonly name: string;
  readonly socket: Socket;
  version = 0;

  constructor(name: string, token: string | undefined) {
    this.name = name;
    this.socket = io(`${url}/scenes`, { auth: { token } });
    this.socket.on('connect_error', (error) => fail(`${name}: ${error.message}`));
    this.socket.on('error', (error) => fail(`${name}: ${error.code}`));
    this.socket.on('userJoined', ({ userId }) => console.log(`${name} hears that ${userId} has come.`));
    this.socket.on('userLeft', ({ userId }) => console.log(`${name} hears that ${userId} has gone.`));
    this.socket.on('sceneDelta', ({ delta }) => {
      this.version = delta.toVersion;
      for (const { type, id = 'the scene', data } of delta.operations) {
        console.log(`${name} at version ${this.version}: ${type} ${id} ${JSON.stringify(data ?? {})}`);
      }
    });
  }

  async join(): Promise<void> {
    this.socket.emit('joinScene', scene);
    const { version, manifest, users } = await next(this.socket, 'sceneJoined');
    this.version = version;
    const items = Object.keys(manifest.items).length;
    console.log(`${this.name} is in the scene: ${users.length} there, ${items} items, version ${version}.`);
  }
}

function fail(reason: string): never {
  console.error(reason);
  process.exit(1);
}

// biome-ignore lint/suspicious/noExplicitAny: what comes from a server
const next = (from: Socket, event: string): Promise<any> => new Promise((told) => from.once(event, told));

const [ada, ben] = [new Editor('Ada', adasToken), new Editor('Ben', bensToken)];
const delta = () => [ada, ben].map(({ socket }) => next(socket, 'sceneDelta'));
await ada.join();
await ben.join();
const chair: Operation = { type: 'add', target: 'item', data: { id: 'chair', model: 'office_chair_01' } };
await Promise.all([...delta(), ada.socket.emitWithAck('sceneOperation', chair)]);

const path = `${url}/projects/${scene.projectId}/scenes/${scene.sceneId}/events?clientId=reader`;
const stream = new EventSource(path, { headers: { Authorization: `Bearer ${bensToken}` } });
const told = (event: string): Promise<string> =>
  new Promise((resolve) => stream.addEventListener(event, ({ data }: { data: string }) => resolve(data)));
console.log(`The stream begins with version ${JSON.parse(await told('sceneState')).version}.`);
const streamed = told('sceneDelta');
const move: Operation = { type: 'update', target: 'item', id: 'chair', data: { position_x: 10.5 } };
await Promise.all([...delta(), ben.socket.emitWithAck('sceneOperation', move)]);
console.log(`The stream goes on to version ${JSON.parse(await streamed).delta.toVersion}.`);
stream.close();
ada.socket.emit('requestSync', { version: ada.version });
console.log(`Ada asks whether she has missed something: ${(await next(ada.socket, 'syncResponse')).type}.`);
ada.socket.disconnect();
await next(ben.socket, 'userLeft');
ben.socket.disconnect();
