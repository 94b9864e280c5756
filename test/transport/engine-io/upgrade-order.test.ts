import fc from 'fast-check';
import t from 'tap';
import { type EngineStage, type Frames, onEach, type Poller } from './stage.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Polls until it is told to pause, as a client does; then waits for the last poll. */
function pollAll(poller: Poller, heard: string[]): { pause(): Promise<void> } {
  let isPaused = false;
  const run = async () => {
    while (!isPaused) {
      const answer = await poller.poll();
      if (!answer.startsWith('200 ')) throw new Error(answer);
      heard.push(...answer.slice(4).split('\x1e'));
    }
  };
  const done = run();
  return {
    pause() {
      isPaused = true;
      return done;
    },
  };
}

async function upgrade(at: EngineStage, poller: Poller, polls: { pause(): Promise<void> }): Promise<Frames> {
  const client = await at.frames(`EIO=4&transport=websocket&sid=${poller.sid}`).opened();
  client.socket.send('2probe');
  await client.until(1);
  await polls.pause();
  client.socket.send('5');
  return client;
}

/** How the server hands out the next number, and how many turns it then waits. */
const step = fc.record({ by: fc.constantFrom('send', 'publish', 'binary'), turns: fc.nat(4) });

onEach(t, 'whatever the moment of the upgrade, all arrives once and in order', async (t, start) => {
  const at = await start();
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 80 }),
    fc.nat(60),
    async (steps, turnsBefore) => {
      const poller = await at.polling();
      const session = await at.session(poller.sid);
      session.subscribe(session.id);
      const heard: string[] = [];
      const polls = pollAll(poller, heard);
      const talk = async () => {
        for (const [number, { by, turns }] of steps.entries()) {
          if (by === 'send') session.send(`4${number}`);
          else if (by === 'publish') at.transport.publish(session.id, `4${number}`);
          else session.send({ binary: Buffer.from(`${number}`) });
          for (let left = turns; left > 0; left -= 1) await turn();
        }
      };
      const change = async () => {
        for (let left = turnsBefore; left > 0; left -= 1) await turn();
        return upgrade(at, poller, polls);
      };
      const [client] = await Promise.all([change(), talk()]);
      client.socket.send('4moved');
      await at.events.first('received', ({ connection }) => connection === session);
      at.transport.publish(session.id, '4end');
      const frames = (await client.through('4end')).slice(1, -1);
      const numbers = [...heard, ...frames]
        .filter((packet) => packet !== '6')
        .map((packet) => {
          if (packet.startsWith('b')) return Number(Buffer.from(packet.slice(1), 'base64').toString());
          if (packet.startsWith('<')) return Number(Buffer.from(packet.slice(1, -1), 'hex').toString());
          return Number(packet.slice(1));
        });
      t.same(numbers, [...steps.keys()]);
      session.terminate();
    },
  );
  await fc.assert(property, { numRuns: 60 });
});
