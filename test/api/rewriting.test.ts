import t from 'tap';
import type { ContentCommand, Hooks } from '../../server/index.ts';
import { add, ofType, stage } from '../native/person.ts';
import { silent } from '../support/servers.ts';

t.test(
  '[HT14] [DU2] what a hook makes of an operation is what its JSON says, live as in the log',
  async (t) => {
    let at = 0;
    const operation: Hooks['operation'] = ({ command }) => {
      at += 1000;
      if (command.type !== 'sceneOperation' || command.operation === undefined) return undefined;
      Object.assign(command.operation, { data: { at: new Date(at), none: undefined } });
      return undefined;
    };
    const room = await stage(t, {}, { hooks: { operation } });
    const [ada, ben] = [await room.member('ada'), await room.member('ben')];
    await ada.ask(add('i'));
    await ada.ask({
      type: 'sceneOperation',
      operation: { type: 'update', target: 'item', id: 'i', data: {} },
    });
    const told = ofType(await ben.news(), 'sceneDelta').flatMap((one) => one.operations);
    t.same(
      told.map(({ data }) => data.at),
      ['1970-01-01T00:00:01.000Z', '1970-01-01T00:00:02.000Z'],
    );
    t.same(await room.server.state('room').then(({ manifest }) => manifest.items.i), {
      id: 'i',
      at: '1970-01-01T00:00:02.000Z',
    });
  },
);

const circle: Record<string, unknown> = {};
circle.self = circle;
let deep: unknown = 1;
for (let level = 0; level < 100; level++) deep = [deep];

for (const [what, data] of Object.entries({
  'a number that JSON has no word for': 1n,
  'a circle': circle,
  'more levels than a message may have': deep,
  'a reserved key': JSON.parse('{"__proto__": 1}'),
})) {
  t.test(
    `[HT14] a hook that makes ${what} of a write or a user refuses it, and holds up nobody`,
    async (t) => {
      const logged: string[] = [];
      const logger = {
        ...silent,
        error: (fields: object | string) =>
          void logged.push(String((fields as { err?: Error }).err?.message)),
      };
      let isFaulty = false;
      const hooks: Hooks = {
        operation: ({ command }) => (isFaulty ? ({ ...command, data } as ContentCommand) : undefined),
        join: ({ user }) => (isFaulty ? { ...user, data } : undefined),
      };
      const at = await stage(t, {}, { hooks, logger });
      const [ada, ben] = [await at.member('ada'), await at.member('ben')];
      isFaulty = true;
      t.match(await ada.ask({ type: 'relay', event: 'e', data: 1 }), { code: 'INTERNAL', op: 'relay' });
      t.match(await at.person().join('room', 'eve'), { code: 'INTERNAL', op: 'join' });
      t.match(logged, [/operation hook/, /join hook/]);
      isFaulty = false;
      t.match(await ada.ask({ type: 'relay', event: 'e', data: 2 }), { type: 'ack' }, 'the room goes on');
      t.match(ofType(await ben.news(), 'event'), [{ data: 2 }]);
    },
  );
}
