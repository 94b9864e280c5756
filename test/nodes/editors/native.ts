import { ModelClient } from '../../e2e/model-client.ts';
import { type Editor, operationOn, PROJECT, wholeStates } from './editor.ts';

export class NativeEditor implements Editor {
  readonly kind = 'native';
  readonly sceneId: string;
  acknowledged = 0;
  readonly #client: ModelClient;

  constructor(port: number, userId: string, sceneId: string) {
    this.sceneId = sceneId;
    const rooms = [`scene:${PROJECT}:${sceneId}`];
    this.#client = new ModelClient({ port: () => port, userId, rooms, batch: true });
  }

  get userId() {
    return this.#client.userId;
  }
  get resumes() {
    return this.#client.resumes;
  }
  get isIn() {
    return this.#client.joined;
  }
  get isIdle() {
    return this.#client.outbox.size === 0;
  }
  get version() {
    return this.#client.room.version;
  }
  get faults() {
    const refused = this.#client.refusals.map((one) => `${this.userId}: refused with ${JSON.stringify(one)}`);
    const { states } = this.#client.room;
    return [...this.#client.allFaults, ...refused, ...wholeStates(this.userId, states)];
  }

  edit(): void {
    const operation = operationOn(this.userId, this.acknowledged + 1);
    void this.#client.submit({ type: 'sceneOperation', operation }).then((answer) => {
      if (answer.type === 'ack') this.acknowledged += 1;
    });
  }

  numberOf(userId: string): unknown {
    return this.#client.room.manifest.items[userId]?.number;
  }

  end(): void {
    this.#client.end();
  }
}
