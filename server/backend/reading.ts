import type { Logged, RoomSummary } from '../../protocol/http/index.ts';
import { Refusal } from '../../protocol/index.ts';
import type { RoomView } from '../dialect/events.ts';
import { presentIn } from '../dialect/present.ts';
import { deltaOf } from '../fanout/delta.ts';
import { missedSince, placeFrom } from '../fanout/position.ts';
import type { RecentEvent } from '../room/recent.ts';
import { isBlank } from '../room/state.ts';
import type { Backend } from './backend.ts';
import { sceneOf } from './scenes.ts';

export interface ReadingOptions {
  /** A room that is in memory. */
  present(roomId: string): RoomView | undefined;
  ids(): Iterable<string>;
  /** Any room; one that is not in memory is opened for it and closed again. Rejects with a LogError. */
  load(roomId: string): Promise<RoomView>;
}

type Reading = Pick<Backend, 'rooms' | 'room' | 'presence' | 'state' | 'operations' | 'messages' | 'recent'>;

/** What can be known of rooms without being in them. */
export function createReading({ present, ids, load }: ReadingOptions): Reading {
  return {
    async rooms({ prefix = '', after = '', limit = 100 } = {}, may = () => true) {
      const found: RoomSummary[] = [];
      const candidates = [...ids()].filter((id) => id > after && id.startsWith(prefix)).sort();
      for (const roomId of candidates) {
        const view = present(roomId);
        if (view === undefined || view.state.members.size === 0 || !(await may(roomId))) continue;
        const last = found.at(-1);
        if (found.length === limit && last !== undefined) return { rooms: found, next: last.roomId };
        found.push(summaryOf(view));
      }
      return { rooms: found };
    },
    async room(roomId) {
      const view = await load(roomId);
      const { state, epoch } = view;
      if (state.members.size === 0 && isBlank(state)) {
        throw new Refusal('NOT_FOUND', {}, 'Nobody is in this room, and it holds nothing.');
      }
      const { version } = state.scene;
      return { roomId, epoch, version, offset: state.offset, members: presentIn(view) };
    },
    presence: async (roomId) => presentIn(await load(roomId)),
    state: async (roomId) => sceneOf(await load(roomId)),
    async operations(roomId, since, epoch) {
      const view = await load(roomId);
      const { version } = view.state.scene;
      const place = placeFrom(view.state, view.epoch, { epoch, version: since });
      const missed = place && missedSince(view.state, place);
      if (missed === undefined) throw new Refusal('VERSION_UNKNOWN', { path: 'since', version });
      const { operations } = deltaOf(missed.operations, 0) ?? { operations: [] };
      return { roomId, epoch: view.epoch, fromVersion: since, toVersion: version, operations };
    },
    async messages(roomId, { before, limit = 50 } = {}) {
      const { messages } = (await load(roomId)).state;
      const at = before === undefined ? -1 : messages.findIndex(({ id }) => id === before);
      const time = Number(before);
      const earlier =
        before === undefined
          ? messages
          : at >= 0
            ? messages.slice(0, at)
            : messages.filter(({ timestamp }) => timestamp < time);
      return { roomId, messages: earlier.slice(-limit), hasMore: earlier.length > limit };
    },
    async recent(roomId, limit = 100) {
      const { epoch, state } = await load(roomId);
      return {
        roomId,
        epoch,
        offset: state.offset,
        entries: state.recent.events.slice(-limit).map(loggedOf),
      };
    },
  };
}

function loggedOf({ offset, event }: RecentEvent): Logged {
  switch (event.kind) {
    case 'operations': {
      const { kind, fromVersion, toVersion, operations } = event;
      return { offset, kind, fromVersion, toVersion, operations };
    }
    case 'text': {
      const { kind, by, documentId, version, operation } = event;
      return { offset, kind, userId: by.userId, documentId, version, operation };
    }
    case 'message': {
      const { userId, timestamp, text } = event.message;
      return { offset, kind: event.kind, userId, timestamp, text };
    }
    case 'event': {
      const { kind, userId, at: timestamp, event: name, data } = event;
      return { offset, kind, ...(userId === undefined ? {} : { userId }), timestamp, event: name, data };
    }
  }
}

function summaryOf({ roomId, epoch, state }: RoomView): RoomSummary {
  return { roomId, epoch, members: state.members.size, version: state.scene.version };
}
