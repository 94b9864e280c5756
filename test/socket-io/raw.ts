import { once } from 'node:events';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { type Person, type SocketStage, tokenOf } from './stage.ts';

const roomId = 'r';

/** Somebody in a room who hears a message of somebody else there, each time it is asked for. */
export async function bystander(t: Test, at: SocketStage): Promise<() => Promise<void>> {
  const [one, two] = [await at.client({ as: 'by' }), await at.client({ as: 'stander' })];
  for (const each of [one, two]) await each.ask('join_room', { roomId });
  let count = 0;
  return async () => {
    count += 1;
    t.match(await two.ask('send_message', { roomId, message: `m${count}` }), { ok: true });
    t.match(await one.next('message'), { message: `m${count}` });
    t.notOk(
      [one, two].some((each: Person) => each.heard().includes('disconnect')),
      'undisturbed',
    );
  };
}

/** A client that says whatever it wants, over either transport. */
export interface Raw {
  send(packet: string | Uint8Array): void;
  /** Resolves with all that it got once one of it fits. */
  until(fits: (packet: string) => boolean): Promise<string[]>;
  /** Reads nothing from now on. */
  pause(): void;
  readonly closed: Promise<unknown>;
}

export async function rawSocket(t: Test, at: SocketStage): Promise<Raw> {
  const socket = new WebSocket(`${at.url('').replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  t.teardown(() => socket.terminate());
  socket.on('error', () => {});
  const got: string[] = [];
  const watchers = new Set<() => void>();
  socket.on('message', (bytes) => {
    got.push(bytes.toString());
    for (const look of [...watchers]) look();
  });
  const closed = once(socket, 'close');
  await once(socket, 'open');
  return {
    send: (packet) => socket.send(packet),
    pause: () => socket.pause(),
    closed,
    until: (fits) =>
      new Promise((resolve) => {
        const look = () => {
          if (!got.some(fits)) return;
          watchers.delete(look);
          resolve(got);
        };
        watchers.add(look);
        look();
      }),
  };
}

export async function letIn(t: Test, at: SocketStage): Promise<Raw> {
  const raw = await rawSocket(t, at);
  raw.send(`40${JSON.stringify({ token: await tokenOf('eve') })}`);
  await raw.until((packet) => packet.startsWith('40{'));
  return raw;
}
