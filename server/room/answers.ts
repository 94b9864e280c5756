import type { Answer } from './entry.ts';

/**
 * The first answers to commands that carried an opId, by user: a repeat gets the first answer again and has
 * no other effect. Forgotten are the oldest answers of a user, and users whose latest is the oldest: a repeat
 * makes nothing younger.
 */
export type Answers = Map<string, Map<string, Answer>>;

export function recall(answers: Answers, userId: string, opId: string): Answer | undefined {
  return answers.get(userId)?.get(opId);
}

export function remember(
  answers: Answers,
  userId: string,
  opId: string,
  answer: Answer,
  kept: { perUser: number; users: number },
): void {
  const own = answers.get(userId) ?? new Map<string, Answer>();
  // A Map keeps the order of insertion: taken out and put in again, a user becomes the youngest.
  answers.delete(userId);
  answers.set(userId, own);
  own.set(opId, answer);
  while (own.size > kept.perUser) deleteOldest(own);
  while (answers.size > kept.users) deleteOldest(answers);
}

function deleteOldest(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
