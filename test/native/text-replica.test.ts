import t from 'tap';
import { RoomReplica } from '../e2e/room-replica.ts';
import type { Message } from '../support/wire.ts';
import { type Person, stage } from './person.ts';

t.test(
  '[TX2] [RS2] [XO1] who hears by a resume what it did, and goes on before the repeat is answered, has the text',
  async (t) => {
    const at = await stage(t);
    const [ada, ben] = [await at.member('ada'), await at.member('ben')];
    const room = new RoomReplica('room');
    const text = room.text('d');
    const hear = (one: Person) => {
      for (const message of one.look()) room.receive(message);
    };
    const edit = (opId: string, operation: (string | number)[]): Message => {
      text.began(opId, operation);
      return { type: 'operation', documentId: 'd', operation, version: text.version, opId };
    };
    const { epoch } = await ada.ask({ type: 'requestSync' });
    const first = edit('1', ['one']);
    ada.send(first);
    await at.settle();
    ada.wire.close(false);
    await ben.news();

    const back = at.person();
    t.match(await back.join('room', 'ada', { since: { epoch, version: 0, offset: 0 } }), { type: 'ack' });
    hear(back);
    t.equal(text.text, 'one', 'its own came back, and is known by its opId');
    const second = edit('2', [3, ' two']);
    const repeated = await back.ask(first);
    text.acknowledged('1', repeated.version);
    t.equal(text.pending?.opId, '2', 'the answer to a repeat is not one to what followed');
    t.match(await back.ask(second), { type: 'ack', version: 2 });
    text.acknowledged('2', 2);
    const { documents } = await ben.ask({ type: 'requestSync' });
    t.same({ version: text.version, text: text.text }, documents.d);
    t.same(room.faults, []);
  },
);

t.test(
  '[TX2] [XO1] what a client sends again is what it sent, and it makes the same of it as the server',
  async (t) => {
    const at = await stage(t);
    const ada = await at.member('ada');
    const sent = { type: 'operation', documentId: 'd' };
    t.match(await ada.ask({ ...sent, operation: ['abcdef'], version: 0, opId: '1' }), { version: 1 });
    const text = new RoomReplica('room').text('d');
    text.replaced({ version: 1, text: 'abcdef' });
    const operation = [1, { d: 2 }, { d: 2 }];
    text.began('2', operation);
    t.match(await ada.ask({ ...sent, operation, version: 1, opId: '2' }), { type: 'ack', version: 2 });
    text.acknowledged('2', 2);
    const { documents } = await ada.ask({ type: 'requestSync' });
    t.same({ version: text.version, text: text.text }, documents.d);
  },
);
