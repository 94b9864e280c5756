import { type Directory, openDirectory } from './directory/directory.ts';
import { createAuthorize, type Decider } from './dispatch/authorization.ts';
import type { Authorize } from './dispatch/principal.ts';
import { review } from './dispatch/rights.ts';
import type { Log } from './log/log.ts';
import type { Logger } from './logger.ts';
import type { Sessions } from './sessions.ts';

export interface PermissionOptions {
  log: Log;
  logger: Logger;
  /** The fewest entries between two snapshots of the directory. */
  snapshotEntries: number;
  /** Asked last. */
  application: Decider | undefined;
  sessions(): Sessions;
}

/** Who may do what, and what becomes of those who no longer may. Rejects with a LogError. */
export async function openPermission(
  options: PermissionOptions,
): Promise<{ directory: Directory; authorize: Authorize }> {
  const { log, logger, snapshotEntries, application, sessions } = options;
  const directory = await openDirectory({
    log,
    snapshotEntries,
    onChanged: (id) =>
      void review(id, {
        authorize,
        sessions: sessions().all(),
        dismiss: (session, membership, why) => sessions().dismiss(session, membership, why),
        onFault: (error) => logger.error({ err: error, projectId: id }, 'an authorizer failed'),
      }),
  });
  const authorize = createAuthorize({
    project: directory.get,
    // Whatever it returns or throws, it is a promise from here on.
    later: application === undefined ? [] : [async (...asked) => application(...asked)],
  });
  return { directory, authorize };
}
