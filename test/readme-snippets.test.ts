import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { plain } from './e2e/plain-process.ts';
import { source } from './support/program.ts';
import { snippetsIn } from './support/snippets.ts';

t.setTimeout(120_000);

const root = source('');
const read = (name: string) => readFileSync(join(root, name), 'utf8');

/** What a reader has: functions of the application's own, and what the blocks before have made. */
const context = `
import type { Config, Logger, Server } from 'tandem';
import type { Room } from 'tandem/client';
declare global {
  const room: Room;
  const createServer: typeof import('tandem').createServer;
  const config: Config;
  const logger: Logger;
  const server: Server;
  function freshToken(): Promise<string>;
  const drawPeople: (users: readonly { name?: string }[]) => void;
  const draw: (id: string, item: object | undefined) => void;
  const drawCursor: (userId: string, position: unknown) => void;
  const drawCamera: (camera: object | undefined) => void;
  const colorIn: (roomId: string) => string;
  const isSpam: (text: string) => boolean;
  const count: (userId: string, roomId: string, reason: string) => void;
}
`;

/** The options of a program that brings a log, or a transport, of its own. */
const options = `
import { type ServerOptions, systemClock } from 'tandem';
import type { Beats, Clock, Connection, ConnectionHandler, CookieOptions, CorsOptions, EngineIoMount } from 'tandem';
import type { Frame, Handshake, Head, HttpHandler, HttpRequest, HttpResponse, Log, LogListener, OpeningEvents } from 'tandem';
import type { RoomLog, SendResult, Snapshot, Transport, TransportOptions } from 'tandem';
declare const other: Log;
declare const sockets: Transport;
declare function listen(host: string, port: number, answer: HttpHandler): Promise<number>;
const clock: Clock = systemClock;
const beats: Beats = { intervalMs: 500, goneAfterMs: 3000 };
const log: Log = {
  ...other,
  head: (roomId): Promise<Head | undefined> => other.head(roomId),
  async open(roomId, listener: LogListener, events?: OpeningEvents): Promise<RoomLog> {
    const room = await other.open(roomId, listener, events);
    return { ...room, compact: (snapshot: Snapshot, through) => room.compact(snapshot, through) };
  },
};
const transport = async ({ http }: TransportOptions): Promise<Transport> => ({
  ...sockets,
  listen: (host, port) => listen(host, port, (request: HttpRequest): HttpResponse | Promise<HttpResponse> => http(request)),
});
const handler: ConnectionHandler = {
  selectProtocol: () => '',
  opened(connection: Connection, { path }: Handshake) {
    const frame: Frame = path;
    const result: SendResult = connection.send(frame);
    if (result === 'dropped') connection.terminate();
  },
  received() {},
  dropped() {},
  drained() {},
  closed() {},
};
const mount: EngineIoMount = { path: '/engine.io/', handler };
const cookie: CookieOptions = { name: 'node' };
const cors: CorsOptions = { origins: ['https://app.example'], credentials: true };
export const options: Partial<ServerOptions> = { clock, beats, log, transport, engineIo: [mount], socketIo: { cookie, cors } };
`;

const project = {
  compilerOptions: {
    strict: true,
    target: 'es2022',
    lib: ['es2023', 'dom', 'dom.iterable'],
    module: 'nodenext',
    jsx: 'react-jsx',
    types: ['node'],
    noEmit: true,
    skipLibCheck: true,
  },
};

/** Each stands in its file where it stands in its document, so that the compiler names its lines. */
const snippets = ['README.md', 'clients/README.md', 'server/README.md'].flatMap((path) =>
  snippetsIn(read(path), ['ts', 'tsx']).map(
    ({ line, language, code }) =>
      [
        `${path.replace('/', '-')}-${line}.${language}`,
        `${'\n'.repeat(line - 1)}${code}export {};\n`,
      ] as const,
  ),
);

/** Resolves with what it says. */
function tsc(cwd: string, ...args: string[]): Promise<string> {
  const program = join(root, 'node_modules', '.bin', 'tsc');
  const [command, ...all] = plain([program, '--pretty', 'false', ...args]);
  return new Promise((resolve) => execFile(command, all, { cwd }, (_, stdout) => resolve(stdout)));
}

t.test(
  'what the documents show in TypeScript, and options of all kinds, compile against the package as it is published',
  async (t) => {
    // Below the project, so that what the package depends on is found from there.
    const reader = t.testdir({
      'package.json': '{"type": "module"}',
      'tsconfig.json': JSON.stringify(project),
      'context.d.ts': context,
      'options.ts': options,
      ...Object.fromEntries(snippets),
      node_modules: { tandem: { 'package.json': read('package.json') } },
    });
    const dist = join(reader, 'node_modules', 'tandem', 'dist');
    // That the sources are sound is checked elsewhere.
    const declarations = ['--emitDeclarationOnly', '--noCheck', '--sourceMap', 'false', '--outDir', dist];
    t.equal(await tsc(root, '-p', 'tsconfig.build.json', ...declarations), '');
    const faults = (await tsc(reader, '-p', '.')).trim();
    t.equal(faults, '', faults);
    t.ok(snippets.length > 5, 'the snippets were found');
  },
);
