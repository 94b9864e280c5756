import { deepStrictEqual } from 'node:assert/strict';
import { startWired, type WiredServer } from '../support/servers.ts';
import { ModelClient } from './model-client.ts';

const env = {
  RATE_LIMIT: '1000000/1s',
  STREAM_LIMIT: '1000000/1s',
  MAX_MESSAGE_BYTES: '4096',
  MAX_BUFFERED_BYTES: '4096',
  MAX_HELD_REPLY_BYTES: '2000',
};
export const rooms = ['one', 'two'];

/** A server, somebody who writes, somebody who always reads, and somebody who does not. */
export class Scene {
  readonly surroundings = { stretches: [], outcomes: new Map<string, string>(), trace() {} };
  readonly writer = new ModelClient('writer', 'ada', false, this.surroundings);
  readonly reader = new ModelClient('reader', 'bob', false, this.surroundings);
  readonly slow: ModelClient;
  readonly server: WiredServer;

  private constructor(server: WiredServer, batches: boolean) {
    this.server = server;
    this.slow = new ModelClient('slow', 'eve', batches, this.surroundings);
  }

  static async start(batches: boolean, more: Record<string, string> = {}): Promise<Scene> {
    const scene = new Scene(await startWired({ ...env, ...more }), batches);
    for (const client of scene.clients) {
      client.connect(scene.server);
      for (const roomId of rooms) {
        client.send({ type: 'join', roomId, user: { userId: client.userId }, scene: true });
      }
    }
    await scene.pass(50);
    return scene;
  }

  get clients(): ModelClient[] {
    return [this.writer, this.reader, this.slow];
  }

  async pass(ms: number, stepMs?: number): Promise<void> {
    await this.server.pass(ms, stepMs);
    for (const client of this.clients) client.receive();
  }

  stall(): void {
    this.slow.connection?.stall();
  }

  read(): void {
    this.slow.connection?.read();
    this.slow.receive();
  }

  /** The server’s state, as the slow one and the reader are told it, is what they know already. */
  async checkAll(): Promise<void> {
    await this.pass(100);
    for (const client of this.clients) {
      for (const roomId of rooms) client.send({ type: 'requestSync', roomId });
    }
    await this.pass(100);
    for (const client of this.clients) deepStrictEqual(client.unanswered, []);
    for (const roomId of rooms) {
      deepStrictEqual(this.slow.roomOf(roomId).manifest, this.reader.roomOf(roomId).manifest);
      deepStrictEqual(this.slow.roomOf(roomId).messages, this.reader.roomOf(roomId).messages);
      deepStrictEqual(this.slow.selected.get(roomId), this.reader.selected.get(roomId));
    }
  }
}

/** A busy history: every kind of event, some alone in their tick and some together, in both rooms. */
export function history(): ((scene: Scene) => void)[] {
  const steps: ((scene: Scene) => void)[] = [];
  for (let round = 0; round < 4; round++) {
    for (const roomId of rooms) {
      const version = (client: ModelClient) => client.roomOf(roomId).text('page').version;
      steps.push(
        ({ writer }) => writer.send({ type: 'message', roomId, text: `${round} `.repeat(400) }),
        ({ writer }) => {
          const operation = {
            type: round === 0 ? 'add' : 'update',
            target: 'item',
            id: 'sun',
            data: { big: `${round}`.repeat(900) },
          };
          writer.send({ type: 'sceneOperation', roomId, operation });
          writer.send({ type: 'message', roomId, text: `after ${round}` });
        },
        ({ writer }) => {
          const at = version(writer);
          writer.send({
            type: 'operation',
            roomId,
            documentId: 'page',
            operation: [`${round}`],
            version: at,
            opId: writer.newId(),
          });
          writer.send({ type: round % 2 === 0 ? 'select' : 'unselect', roomId, planetId: 'sun' });
          writer.signal({ type: 'cursor', roomId, position: [round, 1] });
        },
      );
    }
    steps.push(({ slow }) => {
      const at = slow.roomOf('one').text('page').version;
      slow.send({
        type: 'operation',
        roomId: 'one',
        documentId: 'page',
        operation: ['!'],
        version: at,
        opId: slow.newId(),
      });
      slow.send({ type: 'message', roomId: 'two', text: 'mine', opId: slow.newId() });
    });
  }
  return steps;
}
