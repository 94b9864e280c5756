import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { type Directory, openDirectory } from './directory/directory.ts';
import { createVerifyToken } from './dispatch/authentication.ts';
import { createAuthorize, type Decider } from './dispatch/authorization.ts';
import type { Authorize } from './dispatch/principal.ts';
import { review } from './dispatch/rights.ts';
import { openDurableMap } from './log/durable-map.ts';
import type { Log } from './log/log.ts';
import type { Logger } from './logger.ts';
import { type Kept, REVOCATIONS, Revocations } from './revocations.ts';
import type { Sessions } from './sessions.ts';

export interface PermissionOptions {
  config: Config;
  clock: Clock;
  log: Log;
  logger: Logger;
  /** The embedding program's. */
  application: Decider | undefined;
  sessions(): Sessions;
}

/** Who may enter, and do what. */
export interface Permission {
  readonly directory: Directory;
  readonly revocations: Revocations;
  readonly authorize: Authorize;
  /** Waits for changes under way. */
  close(): Promise<void>;
}

/** Opens what is kept of it, and sees to those who no longer may. Rejects with a LogError. */
export async function openPermission(options: PermissionOptions): Promise<Permission> {
  const { config, clock, log, logger, application, sessions } = options;
  const directory = await openDirectory({
    log,
    snapshotEntries: config.limits.SNAPSHOT_ENTRIES,
    onChanged: (id) =>
      void review(id, {
        authorize,
        sessions: sessions().all(),
        dismiss: (session, membership, why) => sessions().dismiss(session, membership, why),
        onFault: (error) => logger.error({ err: error, projectId: id }, 'an authorizer failed'),
      }),
  });
  const revocations = new Revocations({
    clock,
    kept: await openDurableMap<Kept>(log, REVOCATIONS),
    verifyToken: createVerifyToken({
      keys: config.keys,
      issuer: config.issuer,
      audience: config.audience,
      clock,
      fetchFailed: (error) => logger.error({ err: error }, 'the keys for tokens cannot be fetched'),
    }),
    sessions,
  });
  const authorize = createAuthorize({
    project: directory.get,
    // Whatever it returns or throws, it is a promise from here on.
    later: application === undefined ? [] : [async (...asked) => application(...asked)],
  });
  return {
    directory,
    revocations,
    authorize,
    async close() {
      await directory.close();
      await revocations.close();
    },
  };
}
