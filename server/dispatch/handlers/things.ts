import { Refusal } from '../../../protocol/index.ts';
import { authorOf, membershipOf, setViewing, writerOf } from '../membership.ts';
import type { Treatment } from '../stage.ts';

type OnThing = 'select' | 'unselect' | 'join_viewer' | 'leave_viewer';

/** A command on a thing becomes the entry of the same name. */
function onThing<T extends OnThing>(type: T, writes: boolean): Treatment<T> {
  return {
    bucket: 'commands',
    handle(stage, session, command) {
      const membership = (writes ? writerOf : membershipOf)(session, command);
      const { viewing, roomId } = membership;
      if (type === 'join_viewer') {
        if (viewing.size >= stage.limits.MAX_SELECTIONS && !viewing.has(command.planetId)) {
          throw new Refusal('LIMIT_EXCEEDED', { limit: 'MAX_SELECTIONS' });
        }
        // From now on, so that a camera right behind it is not refused.
        setViewing(membership, command.planetId, true);
      }
      if (type === 'leave_viewer') setViewing(membership, command.planetId, false);
      const by = authorOf(session, membership, command);
      stage.submit(roomId, { type, at: stage.now(), by, thing: command.planetId });
    },
  };
}

export const select = onThing('select', true);
export const unselect = onThing('unselect', true);
export const joinViewer = onThing('join_viewer', false);
export const leaveViewer = onThing('leave_viewer', false);
