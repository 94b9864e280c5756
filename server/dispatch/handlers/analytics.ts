import { principalOf } from '../membership.ts';
import type { Treatment } from '../stage.ts';

export const analytics: Treatment<'analytics'> = {
  bucket: 'commands',
  handle(stage, session, { events, ref }) {
    stage.analytics(events, { connectionId: session.id, userId: principalOf(session)?.userId });
    if (ref !== undefined) stage.answer(session, { type: 'ack', op: 'analytics', ref });
  },
};
