import t from 'tap';
import type { Application, ApplicationSocket, ServerOptions } from '../../server/index.ts';

interface Moves {
  move: [move: string, answer: (told: object) => void];
  resign: [];
}

/** Never called: that it compiles is the test. Each `@ts-expect-error` fails where there is none. */
export function named(socket: ApplicationSocket<Moves>): void {
  socket.on('move', (move, answer) => answer({ length: move.length }));
  socket.on('move', (...args) => args[1]({ length: args[0].length }));
  socket.on('move', async (move: string) => move);
  socket.on('resign', () => {});
  // @ts-expect-error there is no such event
  socket.on('moev', () => {});
  // @ts-expect-error a move is a string
  socket.on('move', (move: number) => move);
  // @ts-expect-error a string has no such field
  socket.on('move', (move) => move.from);
  // @ts-expect-error nothing comes with it
  socket.on('resign', (reason: string) => reason);
}

/** Nor is this. */
export function unnamed(socket: ApplicationSocket, name: string): void {
  socket.on('move', (move: string, answer: (told: object) => void) => answer({ length: move.length }));
  socket.on('move', (move: string, ...squares: number[]) => [move.length, ...squares]);
  socket.on(name, (...args) => args.some((one: unknown) => typeof one === 'string' && one.length > 0));
  socket.on(name, (move, answer) => typeof move === 'string' && typeof answer === 'function' && answer(move));
  socket.on(name, (...args: unknown[]) => args.pop());
  // @ts-expect-error nothing is known of it
  socket.on('move', (...args) => args[0].from);
  // @ts-expect-error nothing is known of it
  socket.on('move', (move) => move.from);
}

const chess: Application<Moves> = { namespace: '/chess', connected: named };

t.test('handlers of an application get what is known of their events, and nothing that is not', async (t) => {
  const options: Pick<ServerOptions, 'applications'> = { applications: [chess] };
  t.equal(options.applications?.length, 1);
  t.type(unnamed, 'function');
});
