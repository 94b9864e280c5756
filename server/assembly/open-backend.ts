import type { Backend, HttpBackend } from '../backend/backend.ts';
import { createElsewhere } from '../backend/elsewhere.ts';
import { createHere, createPublishing } from '../backend/publishing.ts';
import { createReading } from '../backend/reading.ts';
import { Scenes } from '../backend/scenes.ts';
import type { RoomView } from '../dialect/events.ts';
import type { Rooms } from '../live/rooms.ts';
import { LogError } from '../log/log.ts';
import type { Peers } from '../peers/peers.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { createTracking, type Tracking } from '../tracking/tracking.ts';
import { checkedBackend } from './checked-backend.ts';
import type { Parts } from './parts.ts';

export interface BackendOptions extends Parts {
  rooms: Rooms;
  sessions: Sessions;
  peers: Peers | undefined;
}

/** What backends may do, out of the parts of a server. Rejects with a LogError.
 * `calls`: for the program that embeds it. */
export async function openBackend(options: BackendOptions): Promise<{
  backend: HttpBackend;
  calls: Omit<Backend, 'tracking'> & { sessions: Tracking };
  /** To be called about once a second. */
  sweep(): void;
  close(): Promise<void>;
}> {
  const { config, clock, log, rooms, sessions, peers, newId } = options;
  const { now } = clock;
  const here = createHere({
    sessions: () => sessions.all(),
    answer: (session, event) => sessions.answer(session, event),
    kick: (session) => sessions.close(session, 'KICKED'),
  });
  const elsewhere = peers && createElsewhere(peers, here);
  const publishing = createPublishing({
    ask: (roomId, entry) => rooms.ask(roomId, entry),
    here,
    elsewhere,
    now,
    newId,
    maxBytes: config.limits.MAX_MESSAGE_BYTES,
  });
  async function load(roomId: string): Promise<RoomView> {
    // To open a room is to write in its log.
    if (rooms.get(roomId)?.view === undefined && !log.writable())
      throw new LogError('LOG_UNAVAILABLE', 'the log cannot be written');
    const { view } = await rooms.load(roomId);
    // Whoever was there in an earlier life of the process is not any more.
    await rooms.get(roomId)?.prepared();
    return view;
  }
  const present = (roomId: string) => rooms.get(roomId)?.view;
  const reading = createReading({ ids: () => rooms.ids(), present, load });
  const scenes = new Scenes();
  const { close: endTracking, ...tracking } = createTracking({
    log,
    now,
    newId,
    publish: publishing.publish,
    maxEvents: config.limits.MAX_SESSION_EVENTS,
    keptKeys: config.limits.KEPT_OP_IDS,
  });
  const backend: Backend = { ...publishing, ...reading, tracking };
  const { tracking: sessionCalls, ...calls } = checkedBackend(backend, config.limits);
  return {
    backend: { ...backend, scene: async (roomId) => scenes.encoded(await load(roomId)) },
    calls: { ...calls, sessions: sessionCalls },
    sweep: () => scenes.sweep(),
    close: endTracking,
  };
}
