import type { Connection } from '../../server/transport/connection.ts';
import type { Stage } from './stage.ts';

const USERS = 20;

export interface Path {
  readonly name: string;
  /** How many messages one run of it treats. */
  readonly messages: number;
  run(): void | Promise<void>;
}

/** The whole way of a message through the server's own code, in a room of twenty. */
export async function paths(stage: Stage): Promise<Path[]> {
  const batch = await crowd(stage, 'batch', 'tandem.v1');
  const single = await crowd(stage, 'single', '');
  const socketIo = await socketIoCrowd(stage);
  const editing = await crowd(stage, 'editing', 'tandem.v1');
  for (const [index, one] of editing.entries()) stage.receive(one, operation('add', index));
  await stage.settled();
  return [
    { name: 'camera, native, batch frames', messages: USERS, run: () => move(stage, batch, 'batch') },
    { name: 'camera, native, single frames', messages: USERS, run: () => move(stage, single, 'single') },
    {
      name: 'cursor_move, Socket.IO',
      messages: USERS,
      run() {
        for (const one of socketIo) {
          stage.receive(
            one,
            '42["cursor_move",{"roomId":"rooms","position":{"x":150.25,"y":412.5,"at":123456789}}]',
          );
        }
        stage.tick();
      },
    },
    {
      name: 'operation, native, log in memory',
      messages: USERS,
      async run() {
        for (const [index, one] of editing.entries()) stage.receive(one, operation('update', index));
        for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
        stage.tick();
      },
    },
  ];
}

async function crowd(stage: Stage, roomId: string, protocol: 'tandem.v1' | ''): Promise<Connection[]> {
  const everybody = Array.from({ length: USERS }, () => stage.enter(protocol));
  for (const [index, one] of everybody.entries()) {
    stage.receive(
      one,
      JSON.stringify({ type: 'join', roomId, user: { userId: `${roomId}-${index}`, name: 'Ada' } }),
    );
  }
  await stage.settled();
  for (const one of everybody)
    stage.receive(one, JSON.stringify({ type: 'join_viewer', roomId, planetId: 'home' }));
  await stage.settled();
  stage.tick();
  return everybody;
}

async function socketIoCrowd(stage: Stage): Promise<Connection[]> {
  const everybody = Array.from({ length: USERS }, () => stage.enter('engine.io'));
  for (const one of everybody) stage.receive(one, '40');
  await stage.settled();
  for (const [index, one] of everybody.entries()) {
    stage.receive(one, `420${JSON.stringify(['join_room', { roomId: 'rooms', userId: `user${index}` }])}`);
  }
  await stage.settled();
  stage.tick();
  return everybody;
}

function move(stage: Stage, everybody: readonly Connection[], roomId: string): void {
  for (const one of everybody) {
    stage.receive(
      one,
      `{"type":"camera","roomId":"${roomId}","planetId":"home","camera":{"position":[1.25,2.5,-3.75],"target":[0,0.5,0],"sentAt":123456789}}`,
    );
  }
  stage.tick();
}

let version = 0;
function operation(type: 'add' | 'update', index: number): string {
  version += 1;
  return `{"type":"sceneOperation","roomId":"editing","operation":{"type":"${type}","target":"item","id":"item${index}","data":{"position_x":${version},"position_z":-4.25,"rotation_y":0.785,"sentAt":${version}}},"ref":${version}}`;
}
