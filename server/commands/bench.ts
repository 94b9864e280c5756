import { setTimeout as passed } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { Crews } from '../../bench/load/crews.ts';
import { people } from '../../bench/load/people.ts';
import type { Speech } from '../../bench/load/speech.ts';
import { type SpeechName, speeches } from '../../bench/load/speeches.ts';
import { onEndSignal } from './signals.ts';

/** The options of `tandem bench`. */
export interface BenchOptions {
  /** `ws:`, `wss:`, `http:` or `https:`. */
  readonly url: string;
  readonly dialect: keyof typeof speechOf;
  readonly rooms: number;
  readonly users: number;
  readonly hz: number;
  readonly seconds: number;
  /** One for all who connect; they are one user then. */
  readonly token?: string | undefined;
  /** Signs a token for each. */
  readonly secret?: string | undefined;
}

export const speechOf = {
  native: 'native batch',
  'native-single': 'native single',
  socketio: 'socket.io',
} as const satisfies Record<string, SpeechName>;

/** People who enter at once; a crowd at the door is another measurement. */
const AT_ONCE = 50;

/**
 * Lets people move in rooms of a running server and prints what comes of it. The server has to be willing:
 * its rates (`STREAM_LIMIT`) and the size of its rooms (`MAX_ROOM_USERS`) apply as to everybody.
 *
 * @returns the exit code; 1: connections were lost, 2: they were not let in
 */
export async function bench(options: BenchOptions): Promise<number> {
  const { rooms, users, hz, seconds, token, secret } = options;
  const { hostname, port, protocol } = new URL(options.url);
  // Of IPv6 a URL has it in brackets, a socket without.
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const secure = protocol === 'wss:' || protocol === 'https:';
  const speech: Speech = speeches[speechOf[options.dialect]];
  const all =
    token === undefined
      ? await people(rooms, users, secret)
      : (await people(rooms, users)).map((one) => ({ ...one, userId: userOf(token) ?? one.userId, token }));
  const crews = new Crews(1);
  onEndSignal((signal) => void crews.end().then(() => process.exit(signal === 'SIGINT' ? 130 : 143)));
  try {
    await crews.open({
      target: { host, ports: [Number(port) || (secure ? 443 : 80)], secure },
      speech: speechOf[options.dialect],
      people: all,
      atOnce: AT_ONCE,
    });
    const { entering } = await crews.take();
    console.log(
      `${all.length} are in ${rooms} rooms; joining took ${ms(entering.percentile(50))}, p99 ${ms(entering.percentile(99))}.`,
    );
    await crews.all('work', 'move', hz);
    // What comes back to whoever did it is no delivery.
    const toOthers = speech.hearsOwn?.includes('move') ? (users - 1) / users : 1;
    let lostOnes = 0;
    for (let second = 1; second <= seconds; second++) {
      await passed(1000);
      const { sent, delivered, refused, latency, lost, busy } = await crews.take();
      const at = (part: number) => (latency.count === 0 ? '–' : ms(latency.percentile(part)));
      const refusals = refused > 0 ? ` ${refused} were refused.` : '';
      const warning = busy > 0.95 ? ' The load itself was the bottleneck.' : '';
      console.log(
        `${sent} sent, ${Math.round(delivered * toOthers)} delivered; p50 ${at(50)}, p95 ${at(95)}, p99 ${at(99)}, ` +
          `at most ${at(100)}; ${lost.length} connections lost.${refusals}${warning}`,
      );
      lostOnes = lost.length;
    }
    return lostOnes > 0 ? 1 : 0;
  } catch (error) {
    console.error((error as Error).message);
    return 2;
  } finally {
    await crews.end();
  }
}

/** Undefined: the token is none, which the server says. */
function userOf(token: string): string | undefined {
  try {
    const { sub, userId } = decodeJwt(token);
    return String(sub ?? userId);
  } catch {
    return undefined;
  }
}

function ms(microseconds: number): string {
  return `${(microseconds / 1000).toFixed(1)} ms`;
}
