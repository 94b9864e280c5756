import type { Caller } from '../dialect/dialect.ts';
import { principalOf } from './membership.ts';
import type { Session } from './session.ts';

/** Who sends a message, for its vocabulary: read only where it is asked for, as one is made for every message. */
export class SessionCaller implements Caller {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  get connectionId(): string {
    return this.#session.id;
  }

  get userId(): string | undefined {
    return principalOf(this.#session)?.userId;
  }

  get name(): string | undefined {
    const principal = principalOf(this.#session);
    return principal?.kind === 'user' ? principal.name : undefined;
  }

  get email(): string | undefined {
    const principal = principalOf(this.#session);
    return principal?.kind === 'user' ? principal.email : undefined;
  }

  get rooms(): readonly string[] {
    const staying = [...this.#session.memberships.values()].filter((one) => one.phase !== 'leaving');
    return staying.map(({ roomId }) => roomId);
  }
}
