import { answerEvent } from '../../../server/dialect/answers.ts';
import type { RoomState } from '../../../server/room/state.ts';
import { wholeOf } from '../../e2e/stored-room.ts';
import type { Life } from '../../simulation/chronicle.ts';
import { told } from '../../simulation/told.ts';
import { answerOf, canonical, digestOf, presenceOf } from './seen.ts';

/** All that anybody could have been shown of a room, by its log. */
export interface LogTells {
  readonly state: RoomState;
  /** Digests of the scene by version; of texts what they were, by document and version. */
  readonly scenes: ReadonlyMap<number, string>;
  readonly texts: ReadonlyMap<string, string>;
  /** What was answered to a command, by its user and ref. */
  readonly answers: ReadonlyMap<string, readonly string[]>;
  /** The answers to what was accepted, by user and opId. */
  readonly accepted: ReadonlyMap<string, object>;
  /** Who had selected what, and who was there, one after the other. */
  readonly selections: readonly string[];
  readonly presences: readonly string[];
  /** Messages and text operations in their order. */
  readonly talk: readonly string[];
}

/** Folds a log from its first entry. Throws where it breaks a rule by itself. [SL3] [SL6] [XO1] */
export function tellsOf(life: Life): LogTells {
  const scenes = new Map<number, string>([[0, digestOf({ properties: {}, items: {} })]]);
  const texts = new Map<string, string>();
  const answers = new Map<string, string[]>();
  const selections: string[] = [canonical({})];
  const presences: string[] = [];
  const talk: string[] = [];
  const { state, accepted } = told(life, (state, effects, locks) => {
    for (const effect of effects) {
      if (effect.kind === 'fault')
        throw new Error(`the fold failed at offset ${state.offset}: ${effect.error}`);
      if (effect.kind === 'operations') scenes.set(state.scene.version, digestOf(wholeOf(state).manifest));
      if (effect.kind === 'text') {
        texts.set(`${effect.documentId} ${effect.version}`, state.texts.get(effect.documentId)?.text ?? '');
        talk.push(`${effect.documentId} ${effect.version}`);
      }
      if (effect.kind === 'message') talk.push(`message ${effect.message.id}`);
      if (effect.kind !== 'answer' && effect.kind !== 'conflict') continue;
      const { to } = effect;
      const answer =
        effect.kind === 'conflict'
          ? { type: 'conflict', lockedBy: effect.lockedBy }
          : answerEvent(life.roomId, effect.op, to, effect.answer, effect.opId);
      const key = `${to.userId} ${to.ref}`;
      answers.set(key, [...(answers.get(key) ?? []), canonical(answerOf(answer))]);
    }
    const selected = Object.fromEntries(
      [...state.selections].map(([thing, line]) => [thing, line.map(({ userId }) => userId)]),
    );
    if (canonical(selected) !== canonical(locks.selected()))
      throw new Error(
        `[SL2] [SL5] [SL6] at offset ${state.offset} of ${life.roomId}: ${canonical(selected)}, by the rules ${canonical(locks.selected())}`,
      );
    note(selections, canonical(selected));
    note(presences, presenceOf([...state.members].map(([id, { sessions }]) => [id, sessions.size])));
  });
  return { state, scenes, texts, answers, accepted, selections, presences, talk };
}

function note(list: string[], one: string): void {
  if (list.at(-1) !== one) list.push(one);
}
