import { type ChatMessage, limits } from '../../protocol/index.ts';
import type { Answers } from './answers.ts';
import type { Departures } from './comings.ts';
import { type RoomLimits, roomLimitsOf } from './entry.ts';
import type { Members } from './members.ts';
import { emptyRecent, type Recent } from './recent.ts';
import { emptyScene, type Scene } from './scene.ts';
import type { Selections } from './selections.ts';
import type { Texts } from './texts.ts';
import type { Viewers } from './viewers.ts';

/** All that a fold of a room's entries leads to. */
export interface RoomState {
  /** Of the last entry folded. */
  offset: number;
  limits: RoomLimits;
  members: Members;
  selections: Selections;
  viewers: Viewers;
  scene: Scene;
  texts: Texts;
  /** The latest, oldest first. */
  messages: ChatMessage[];
  answers: Answers;
  recent: Recent;
  departures: Departures;
}

export function emptyRoom(): RoomState {
  return {
    offset: 0,
    limits: roomLimitsOf(limits),
    members: new Map(),
    selections: new Map(),
    viewers: new Map(),
    scene: emptyScene(),
    texts: new Map(),
    messages: [],
    answers: new Map(),
    recent: emptyRecent(),
    departures: { list: [], since: 0 },
  };
}

/** Whether nothing would be lost if the room were forgotten, once its members have gone. */
export function isBlank(state: RoomState): boolean {
  return (
    state.scene.version === 0 &&
    state.texts.size === 0 &&
    state.messages.length === 0 &&
    state.answers.size === 0 &&
    state.recent.events.length === 0 &&
    state.recent.since === 0
  );
}
