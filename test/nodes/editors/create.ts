import { tokenOf } from '../../socket-io/stage.ts';
import type { Editor } from './editor.ts';
import { StreamEditor } from './event-stream.ts';
import { NativeEditor } from './native.ts';
import { SocketEditor } from './socket-io.ts';

export type Kind = 'native' | 'socket.io' | 'polling' | 'stream';

export async function createEditor(
  kind: Kind,
  port: number,
  userId: string,
  sceneId: string,
): Promise<Editor> {
  const token = await tokenOf(userId);
  if (kind === 'native') return new NativeEditor(port, userId, sceneId);
  if (kind === 'stream') return new StreamEditor(port, userId, sceneId, token);
  return new SocketEditor(kind, port, userId, sceneId, token);
}
