import { tokenOf } from '../../socket-io/stage.ts';
import { connect } from '../../support/client.ts';
import type { Message } from '../../support/wire.ts';

/** Who is in a room, by one node. */
export async function presentAt(port: number, roomId: string): Promise<string[]> {
  const authorization = `Bearer ${await tokenOf('operator', { scope: 'admin' })}`;
  const address = `http://127.0.0.1:${port}/api/rooms/${encodeURIComponent(roomId)}/presence`;
  const answer = await fetch(address, { headers: { authorization } });
  const { users } = (await answer.json()) as { users: { userId: string }[] };
  return users.map(({ userId }) => userId).sort();
}

/** Gives rooms something to keep: one that holds nothing is forgotten when its last member goes, and begins anew. */
export async function furnish(port: number, roomIds: readonly string[]): Promise<void> {
  const headers = { authorization: `Bearer ${await tokenOf('founder')}` };
  const founder = await connect(port, { headers });
  const operations = [{ type: 'update', target: 'scene', data: { founded: true } }];
  for (const roomId of roomIds) {
    for (const command of [{ type: 'join' }, { type: 'sceneOperation', operations }, { type: 'leave' }]) {
      const answer = await founder.ask({ ...command, roomId });
      if (answer.type !== 'ack') throw new Error(`${command.type} was answered ${JSON.stringify(answer)}`);
    }
  }
  await founder.close();
}

/** The states of rooms as one node tells them to somebody who comes, looks and goes. */
export async function wholesAt(port: number, roomIds: readonly string[]): Promise<Map<string, Message>> {
  const headers = { authorization: `Bearer ${await tokenOf(`visitor${port}`)}` };
  const visitor = await connect(port, { headers });
  const wholes = new Map<string, Message>();
  for (const roomId of roomIds) {
    await visitor.ask({ type: 'join', roomId, scene: true });
    const state = await visitor.next((one) => one.type === 'sceneState' && one.roomId === roomId);
    const { version, manifest, documents, messages } = state;
    wholes.set(roomId, { version, manifest, documents, messages });
    await visitor.ask({ type: 'leave', roomId });
  }
  await visitor.close();
  return wholes;
}
