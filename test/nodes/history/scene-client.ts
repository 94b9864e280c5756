import type { Socket } from 'socket.io-client';
import type { Manifest, Operation } from '../../../protocol/index.ts';
import { applyAll } from '../../simulation/model-room.ts';
import type { Random } from '../../simulation/random.ts';
import { chooseOperation } from '../../simulation/scene-choices.ts';
import { Seen } from './seen.ts';
import { askUntilAnswered, openSocketLine, type SocketLineOptions } from './socket-line.ts';

/** A Socket.IO client of the scenes vocabulary, in one scene. */
export class SceneClient {
  readonly userId: string;
  readonly roomId: string;
  readonly seen: Seen;
  version = 0;
  manifest: Manifest = { properties: {}, items: {} };
  connections = 0;
  recoveries = 0;
  readonly refusals = new Map<string, number>();
  readonly #place: { readonly projectId: string; readonly sceneId: string };
  readonly #socket: Socket;
  #isIn = false;
  #waiting = 0;
  #ids = 0;
  #ended = false;

  constructor(userId: string, roomId: string, line: Omit<SocketLineOptions, 'namespace'>) {
    this.userId = userId;
    this.roomId = roomId;
    this.seen = new Seen(userId, userId);
    const [, projectId = '', sceneId = ''] = roomId.split(':');
    this.#place = { projectId, sceneId };
    this.#socket = openSocketLine({ ...line, namespace: '/scenes' });
    this.#socket.on('connect', () => void this.#arrive());
    this.#socket.on('disconnect', () => {
      this.#isIn = false;
    });
    this.#socket.on('sceneJoined', (state: { version: number; manifest: Manifest }) => this.#begin(state));
    this.#socket.on('sceneDelta', ({ delta }) => this.#take(delta));
    this.#socket.on('error', (error) => this.seen.fault(`was told ${JSON.stringify(error)}`));
  }

  get name(): string {
    return this.userId;
  }

  get isSettled(): boolean {
    return this.#isIn && this.#waiting === 0;
  }

  /** One operation, until it is answered. */
  act(random: Random): void {
    if (this.#waiting > 10) return;
    this.#ids += 1;
    const opId = `${this.name}-${this.#ids}`;
    const operation = random.chance(0.5)
      ? chooseOperation(new Set(Object.keys(this.manifest.items)), random)
      : { type: 'update', target: 'scene', data: { [this.name]: this.#ids } };
    if (random.chance(0.01)) return void this.#socket.io.engine?.close();
    this.#waiting += 1;
    void this.#submit({ ...operation, opId }, opId);
  }

  end(): void {
    this.#ended = true;
    this.#socket.disconnect();
  }

  async #submit(operation: object, opId: string): Promise<void> {
    const answer = await this.#ask('sceneOperation', operation, () => this.#isIn);
    this.#waiting -= 1;
    if (answer === undefined) return;
    const { ok, version, code, lockedBy } = answer;
    const type = ok ? 'ack' : code === 'CONFLICT' ? 'conflict' : 'error';
    const told = { type, ...(ok ? { version } : type === 'conflict' ? { lockedBy } : { code }) };
    this.seen.answers.push({ ref: '', opId, answer: told });
  }

  #ask(event: string, given: object, ready: () => boolean) {
    const refused = (code: string) => this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
    return askUntilAnswered(this.#socket, event, given, { ready, over: () => this.#ended, refused });
  }

  async #arrive(): Promise<void> {
    this.connections += 1;
    if (this.#socket.recovered) {
      this.recoveries += 1;
      this.#isIn = true;
      return;
    }
    const { id } = this.#socket;
    const isHere = () => this.#socket.connected && this.#socket.id === id;
    const options = { ready: () => true, over: () => this.#ended || !isHere() };
    const answer = await askUntilAnswered(this.#socket, 'joinScene', this.#place, options);
    if (answer === undefined || !isHere()) return;
    if (answer.ok !== true) this.seen.fault(`could not join: ${JSON.stringify(answer)}`);
    this.#isIn = true;
  }

  #begin({ version, manifest }: { version: number; manifest: Manifest }): void {
    if (version < this.version) this.seen.fault(`went back from ${this.version} to ${version}`);
    this.version = version;
    this.manifest = manifest;
    this.seen.scene(version, manifest);
  }

  #take(delta: { fromVersion: number; toVersion: number; operations: Operation[] }): void {
    const { fromVersion, toVersion, operations } = delta;
    if (fromVersion !== this.version || toVersion <= fromVersion)
      this.seen.fault(`a delta from ${fromVersion} to ${toVersion} came at ${this.version}`);
    applyAll(this.manifest, operations);
    this.version = toVersion;
    this.seen.scene(toVersion, this.manifest);
  }
}
