import type { CommandType } from '../../protocol/index.ts';
import { analytics } from './handlers/analytics.ts';
import { auth } from './handlers/authenticating.ts';
import { message, operation, relay, requestSync, sceneOperation } from './handlers/content.ts';
import { heartbeat, join, leave } from './handlers/joining.ts';
import { camera, cursor, scroll, typing } from './handlers/signals.ts';
import { joinViewer, leaveViewer, select, unselect } from './handlers/things.ts';
import { signed } from './signature.ts';
import type { Treatment } from './stage.ts';

/** What becomes of each command. */
export const table: { readonly [T in CommandType]: Treatment<T> } = {
  join,
  leave,
  select,
  unselect,
  join_viewer: joinViewer,
  leave_viewer: leaveViewer,
  camera,
  heartbeat,
  cursor,
  typing,
  scroll,
  sceneOperation: signed(sceneOperation),
  requestSync,
  relay: signed(relay),
  message: signed(message),
  operation: signed(operation),
  analytics,
  auth,
};
