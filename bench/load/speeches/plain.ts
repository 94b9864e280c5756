import type { Speech } from '../speech.ts';

/** Of servers that hand on every frame to the others of a room, which the path names. */
export const plain: Speech = {
  path: ({ roomId, userId }) => `/?room=${roomId}&user=${userId}`,
  enter: () => ({ heard: () => 'entered' }),
  move: ({ roomId, userId }, isLast) => [
    `{"type":"camera","roomId":"${roomId}","userId":"${userId}","camera":{"position":[1.25,2.5,-3.75],"target":[0,0.5,0],${isLast ? '"isLast":true,' : ''}"sentAt":`,
    '}}',
  ],
  stamp: '"sentAt":',
  last: '"isLast":true',
};
