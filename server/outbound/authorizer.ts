import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import { isPlainObject, Refusal } from '../../protocol/index.ts';
import type { Clock } from '../clock.ts';
import type { Decider } from '../dispatch/authorization.ts';
import type { Action, Principal } from '../dispatch/principal.ts';
import type { Post } from './post.ts';

export interface AuthorizerOptions {
  readonly post: Post;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly newId: () => string;
  /** Within it `post` is done. */
  readonly timeoutMs: number;
  /** How long an answer holds; 0: asked each time. */
  readonly cacheMs: number;
  /** What holds while the application does not answer. */
  readonly whenDown: 'refuse' | 'allow';
  readonly onAnswered: (outcome: 'allowed' | 'refused' | 'failed') => void;
  /** The application has stopped answering. */
  readonly onDown: (error: unknown) => void;
}

/** Answers that are remembered, those used last. */
const MOST_ANSWERS = 10_000;
/** Questions under way at once; others wait. */
const MOST_QUESTIONS = 64;

/**
 * Asks the application over HTTP: `{principal, action, room}`, to which it answers `{"allow": true}` or `false`.
 * Who asks the same at the same time shares a question. Where no such answer comes, AUTHORIZER_UNAVAILABLE is thrown,
 * or everything allowed; neither is remembered.
 */
export function createAuthorizer(options: AuthorizerOptions): Decider {
  const { post, clock, newId, timeoutMs, cacheMs, whenDown, onAnswered, onDown } = options;
  const answers = new LRUCache<string, boolean>({
    max: MOST_ANSWERS,
    ttl: Math.max(1, cacheMs),
    ttlResolution: 0,
    // To the package a time of 0 is none.
    perf: { now: () => clock.monotonic() + 1 },
  });
  const asking = new Map<string, Promise<boolean>>();
  const limit = pLimit(MOST_QUESTIONS);
  let isDown = false;

  async function answered(question: string, sinceMs: number): Promise<boolean> {
    // Behind questions that get no answer it would wait for each of them.
    if (isDown && clock.monotonic() - sinceMs >= timeoutMs) throw new Error('the authorizer does not answer');
    try {
      const allow = readAnswer(await post(newId(), question));
      isDown = false;
      return allow;
    } catch (error) {
      if (!isDown) onDown(error);
      isDown = true;
      throw error;
    }
  }

  async function ask(question: string): Promise<boolean> {
    const sinceMs = clock.monotonic();
    try {
      const allow = await limit(() => answered(question, sinceMs));
      onAnswered(allow ? 'allowed' : 'refused');
      if (cacheMs > 0) answers.set(question, allow);
      return allow;
    } catch {
      onAnswered('failed');
      if (whenDown === 'allow') return true;
      throw new Refusal('AUTHORIZER_UNAVAILABLE');
    } finally {
      asking.delete(question);
    }
  }

  return (principal, action, room) => {
    const question = JSON.stringify({ principal: shown(principal), action, room } satisfies Question);
    const known = answers.get(question);
    if (known !== undefined) return known;
    const under = asking.get(question) ?? ask(question);
    asking.set(question, under);
    return under;
  };
}

interface Question {
  principal: object;
  action: Action;
  room: string;
}

/** Who it is; never the token. A guest's name proves nothing, so it is left out. */
function shown(principal: Principal): object {
  if (principal.kind === 'guest') return { kind: 'guest' };
  const { userId, name, email, role, projects, rooms, scope } = principal;
  return { kind: 'user', sub: userId, name, email, role, projects, rooms, scope };
}

function readAnswer({ status, body }: { status: number; body: string }): boolean {
  if (status !== 200) throw new Error(`the authorizer answered with the status ${status}`);
  const answer: unknown = JSON.parse(body);
  if (isPlainObject(answer) && typeof answer.allow === 'boolean') return answer.allow;
  throw new Error('the authorizer answered without "allow": true or false');
}
