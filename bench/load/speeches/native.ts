import type { Dialogue, Person, Speech } from '../speech.ts';

const PLANET = 'home';

/** Tandem's own protocol; `tandem.v1` asks for batch frames. */
function native(protocol: string | undefined): Speech {
  return {
    path: () => '/ws',
    ...(protocol === undefined ? {} : { protocol }),
    headers: ({ token }): Record<string, string> =>
      token === undefined ? {} : { authorization: `Bearer ${token}` },
    enter: (person) => dialogue(person, undefined),
    resume: dialogue,
    standing: (text) => {
      const [, epoch] = /"epoch":"([^"]+)"/.exec(text) ?? [];
      const [, version] = /"version":(\d+)/.exec(text) ?? [];
      const [, offset] = /"offset":(\d+)/.exec(text) ?? [];
      return epoch && version && offset && JSON.stringify({ epoch, version: +version, offset: +offset });
    },
    move: ({ roomId }, isLast) => [
      `{"type":"camera","roomId":"${roomId}","planetId":"${PLANET}","camera":{"position":[1.25,2.5,-3.75],"target":[0,0.5,0],${isLast ? '"isLast":true,' : ''}"sentAt":`,
      '}}',
    ],
    edit: ({ roomId, userId }, isLast) => [
      `{"type":"sceneOperation","roomId":"${roomId}","operation":{"type":"update","target":"item","id":"${userId}","data":{"position_x":1.5,"position_z":-4.25,"rotation_y":0.785,${isLast ? '"isLast":true,' : '"isLast":false,'}"sentAt":`,
      '}},"ref":',
      '}',
    ],
    add: ({ roomId }, id) =>
      `{"type":"sceneOperation","roomId":"${roomId}","operation":{"type":"add","target":"item","id":"${id}","data":{"position_x":1,"position_y":2,"position_z":3,"scale_x":1,"name":"item ${id}"}}}`,
    hearsOwn: protocol === undefined ? ['edit'] : ['edit', 'move'],
    stamp: '"sentAt":',
    last: '"isLast":true',
    acknowledged: '"ref":',
    scene: `${protocol === undefined ? '' : '['}{"type":"sceneState"`,
  };
}

function dialogue({ roomId, userId }: Person, since: string | undefined): Dialogue {
  const resuming = since === undefined ? '' : `,"since":${since}`;
  return {
    opening: `{"type":"join","roomId":"${roomId}","user":{"userId":"${userId}","name":"${userId}"},"scene":true${resuming}}`,
    heard(text) {
      if (text.includes('"type":"error"')) return { refused: text };
      if (text.includes('"op":"join_viewer"')) return 'entered';
      if (!text.includes('"op":"join"')) return undefined;
      return { say: `{"type":"join_viewer","roomId":"${roomId}","planetId":"${PLANET}","ref":1}` };
    },
  };
}

export const nativeSingle = native(undefined);
export const nativeBatch = native('tandem.v1');
