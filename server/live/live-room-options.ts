import type { Clock } from '../clock.ts';
import type { FanoutOptions } from '../fanout/fanout-options.ts';
import type { Log, LogError } from '../log/log.ts';
import type { Nodes } from '../log/nodes.ts';
import type { Effect } from '../room/effect.ts';
import type { Entry, RoomLimits } from '../room/entry.ts';
import type { AppendBeat } from './append-beat.ts';
import type { LiveRoom } from './live-room.ts';
import type { SnapshotOptions } from './snapshots.ts';

/** What all rooms of a node have in common. */
export interface LiveRoomOptions extends SnapshotOptions {
  log: Log;
  clock: Clock;
  fanout: FanoutOptions;
  nodeId: string;
  nodes: Nodes;
  roomLimits: RoomLimits;
  maxWaiting: number;
  /** When a room may append. */
  beat: AppendBeat;
  /** Undefined: this node does not hold such a session. */
  lastSeen(connectionId: string): number | undefined;
  /** Whether this node holds a session that is in this room, or on its way there. */
  holds(roomId: string, connectionId: string): boolean;
  /**
   * Executes what follows from entries, in order; `offset` is that of its entry.
   *
   * @param isOwn whether this node has appended them
   */
  execute(room: LiveRoom, effects: readonly { effect: Effect; offset: number }[], isOwn: boolean): void;
  /** Entries that will not be tried again: their authors have to be told. */
  onRefused(room: LiveRoom, entries: readonly Entry[], error: LogError): void;
  onAppended(entries: number, durationMs: number): void;
  /** Others have appended entries. */
  onHeard(entries: number): void;
  /** What others had appended was not heard of, and is read. */
  onMissed(): void;
  /** The room has been loaded; nothing has happened in it yet. */
  onOpened(room: LiveRoom): void;
  /** Nobody of this node is in the room or hears it, and nothing is under way. */
  onEmpty(room: LiveRoom): void;
  /** The log has left this room behind: it is to be ended, and opened anew. */
  onEnded(room: LiveRoom, error: LogError): void;
}
