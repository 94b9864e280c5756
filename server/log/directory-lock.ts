import { createHash, randomBytes } from 'node:crypto';
import { readdir, realpath, rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogError } from './log.ts';

export interface DirectoryLock {
  release(): Promise<void>;
}

/** Where the sockets of one lock lie, and how their names begin. */
interface Place {
  readonly folder: string;
  readonly prefix: string;
}

/** `sockaddr_un` holds 104 bytes on some systems, the end of the name included. */
const MAX_SOCKET_PATH_BYTES = 100;
const SUFFIX_BYTES = '.claim.00000000'.length;
const ATTEMPTS = 5;
/** File systems without sockets: network shares, desktop container mounts. */
const UNSUPPORTED = new Set(['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EINVAL', 'ENOSYS']);

/**
 * Takes a directory for this process alone, until {@link DirectoryLock.release} or the end of the process,
 * however it ends. It needs no process ids, so it also holds between containers that share the directory.
 *
 * Each process that wants the directory listens on a Unix domain socket of its own, `lock.` and a random
 * suffix, and then calls all others that it finds: if one answers, it withdraws. Since it listens before it
 * calls, of two processes at least one hears of the other. A socket that does not answer never will again,
 * and is removed. Two that start in the same moment may both withdraw; they try again after random delays.
 *
 * Where the path is too long for a socket, or the file system has none, the sockets lie in the system's
 * temporary directory, named by a hash of the real path; on Windows there is one named pipe.
 *
 * @param directory - Must exist.
 * @throws LogError `LOG_LOCKED` when another process, or another lock of this one, holds it.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const real = await realpath(directory);
  const hash = createHash('sha256').update(real).digest('hex').slice(0, 24);
  if (process.platform === 'win32') return lockPipe(`\\\\.\\pipe\\tandem-${hash}`, directory);
  const inside: Place = { folder: real, prefix: 'lock' };
  const outside: Place = { folder: tmpdir(), prefix: `tandem-${hash}` };
  if (Buffer.byteLength(join(real, inside.prefix)) + SUFFIX_BYTES > MAX_SOCKET_PATH_BYTES)
    return lockPlace(outside, directory);
  try {
    return await lockPlace(inside, directory);
  } catch (error) {
    if (!UNSUPPORTED.has(codeOf(error))) throw error;
    return lockPlace(outside, directory);
  }
}

async function lockPlace(place: Place, directory: string): Promise<DirectoryLock> {
  for (let attempt = 1; ; attempt++) {
    const lock = await claim(place);
    if (lock) return lock;
    if (attempt === ATTEMPTS) throw locked(directory);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 30 * attempt));
  }
}

/** `undefined` when somebody else is there. */
async function claim({ folder, prefix }: Place): Promise<DirectoryLock | undefined> {
  const id = randomBytes(4).toString('hex');
  const own = `${prefix}.${id}`;
  const draft = join(folder, `${prefix}.claim.${id}`);
  // It gets its name when it listens already: otherwise it could be called too early and removed as dead.
  const server = await listen(draft);
  const release = async (): Promise<void> => {
    await rm(join(folder, own), { force: true });
    await close(server);
  };
  try {
    await rename(draft, join(folder, own));
    for (const name of await readdir(folder)) {
      if (name === own || !isLock(name, prefix)) continue;
      if (await answers(join(folder, name))) {
        await release();
        return undefined;
      }
      await rm(join(folder, name), { force: true });
    }
    return { release };
  } catch (error) {
    await release();
    throw error;
  }
}

function isLock(name: string, prefix: string): boolean {
  return name.startsWith(`${prefix}.`) && /^\.[0-9a-f]{8}$/.test(name.slice(prefix.length));
}

async function lockPipe(path: string, directory: string): Promise<DirectoryLock> {
  try {
    const server = await listen(path);
    return { release: () => close(server) };
  } catch (error) {
    throw codeOf(error) === 'EADDRINUSE' || codeOf(error) === 'EACCES' ? locked(directory) : error;
  }
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((connection) => connection.on('error', () => {}).destroy());
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject).on('error', () => {});
      resolve(server.unref());
    });
  });
}

/** Only a refusal proves that nobody listens: without the right to connect, say, somebody may. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(path);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', (error) => resolve(!['ECONNREFUSED', 'ENOENT'].includes(codeOf(error))));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function locked(directory: string): LogError {
  return new LogError(
    'LOG_LOCKED',
    `another process uses the data directory ${directory}; stop it, or give this one a directory of its own`,
  );
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}
