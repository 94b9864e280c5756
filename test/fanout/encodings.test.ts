import t from 'tap';
import { Encodings } from '../../server/fanout/encodings.ts';

type View = ConstructorParameters<typeof Encodings>[0];
type Dialect = Parameters<Encodings['since']>[1];

t.test(
  'what leads to a place is encoded once for all who ask within some seconds of each other',
  async (t) => {
    const encodings = new Encodings({} as View);
    const place = { version: 1, offset: 1 };
    let made = 0;
    const ask = () => {
      encodings.at({ version: 2, offset: 2 });
      encodings.since(place, { name: 'any' } as Dialect, () => {
        made += 1;
        return [];
      });
    };
    const seconds = (count: number) => {
      for (let second = 0; second < count; second++) encodings.sweep();
    };
    for (let asked = 0; asked < 10; asked++) {
      ask();
      seconds(4);
    }
    t.equal(made, 1, 'a process that is busy for a while does not make it again');
    seconds(10);
    ask();
    t.equal(made, 2, 'and what nobody asks for any more takes no memory');
  },
);
