import type { Dialogue, Person, Speech } from '../speech.ts';

/** A client of Socket.IO 4 over a WebSocket, in the rooms vocabulary: what `cursor_move` costs. */
export const socketIo: Speech = {
  path: () => '/socket.io/?EIO=4&transport=websocket',
  enter: dialogue,
  move: ({ roomId, userId }, isLast) => [
    `42["cursor_move",{"roomId":"${roomId}","userId":"${userId}","position":{"x":150.25,"y":412.5${isLast ? ',"isLast":1' : ''},"at":`,
    '}}]',
  ],
  edit: ({ roomId, userId }, isLast) => [
    '42',
    `["sceneOperation",{"roomId":"${roomId}","operation":{"type":"update","target":"item","id":"${userId}","data":{"position_x":1.5,"position_z":-4.25,"rotation_y":0.785,"isLast":${isLast ? 1 : 0},"at":`,
    '}}}]',
  ],
  add: ({ roomId }, id) =>
    `42["sceneOperation",{"roomId":"${roomId}","operation":{"type":"add","target":"item","id":"${id}","data":{"position_x":1,"position_y":2,"position_z":3,"scale_x":1,"name":"item ${id}"}}}]`,
  stamp: '"at":',
  last: '"isLast":1',
  acknowledged: '^43',
  scene: '430[',
  ping: ['2', '3'],
};

function dialogue({ roomId, userId, token }: Person): Dialogue {
  return {
    heard(text) {
      if (text.startsWith('0{'))
        return { say: token === undefined ? '40' : `40${JSON.stringify({ token })}` };
      if (text.startsWith('44')) return { refused: text };
      if (text.startsWith('40{')) return { say: `420${JSON.stringify(['join_room', { roomId, userId }])}` };
      if (text.startsWith('430[{"ok":false')) return { refused: text };
      return text.startsWith('430') ? 'entered' : undefined;
    },
  };
}
