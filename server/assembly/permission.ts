import { Refusal } from '../../protocol/index.ts';
import { type Directory, openDirectory } from '../directory/directory.ts';
import { createVerifyToken } from '../dispatch/authentication.ts';
import { createAuthorize, type Decider } from '../dispatch/authorization.ts';
import type { Authorize, Principal, VerifyToken } from '../dispatch/principal.ts';
import { review } from '../dispatch/rights.ts';
import { openDurableMap } from '../log/durable-map.ts';
import { openFailed } from '../open-failed.ts';
import { createAuthorizer } from '../outbound/authorizer.ts';
import { createPost } from '../outbound/post.ts';
import { type Kept, REVOCATIONS, Revocations } from '../sessions/revocations.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Parts } from './parts.ts';

export interface PermissionOptions extends Parts {
  /** The embedding program's. */
  application: Decider | undefined;
}

/** Who may enter, and do what. */
export interface Permission {
  readonly directory: Directory;
  readonly authorize: Authorize;
  readonly verifyToken: VerifyToken;
  readonly revoke: Revocations['revoke'];
  isRevoked(principal: Principal): boolean;
  /** Another number whenever permissions have changed. */
  revision(): number;
  /** From now on those among these who no longer may are sent away. To be called before anybody can connect. */
  watch(sessions: Sessions): void;
  /** Forgets what no longer matters; to be called about once a second. */
  sweep(): void;
  /** Waits for changes under way. */
  close(): Promise<void>;
}

/** Opens what is kept of it. Rejects with a LogError. */
export async function openPermission(options: PermissionOptions): Promise<Permission> {
  const { config, clock, log, logger } = options;
  let changes = 0;
  let sessions: Sessions | undefined;
  const revision = () => changes;
  const onOpenFailed = openFailed(logger);
  const directory = await openDirectory({
    log,
    onOpenFailed,
    snapshotEntries: config.limits.SNAPSHOT_ENTRIES,
    onChanged(id) {
      changes += 1;
      const watched = sessions;
      // Nobody is connected yet.
      if (watched === undefined) return;
      review(id, {
        authorize,
        revision,
        sessions: watched.all(),
        dismiss: (session, membership, why) => watched.dismiss(session, membership, why),
        letGo: (session, membership) => watched.letGo(session, membership),
        onFault(error) {
          // That the application does not answer is said once.
          if (error instanceof Refusal) return;
          logger.error({ err: error, projectId: id }, 'an authorizer failed');
        },
      });
    },
  });
  const revocations: Revocations = new Revocations({
    clock,
    kept: await openDurableMap<Kept>(log, REVOCATIONS, {
      onChanged: () => sessions && revocations.heed(),
      onOpenFailed,
    }),
    verifyToken: createVerifyToken({
      keys: config.keys,
      issuer: config.issuer,
      audience: config.audience,
      clock,
      fetchFailed: (error) => logger.error({ err: error }, 'the keys for tokens cannot be fetched'),
    }),
    sessions: () => sessions,
  });
  const authorize = createAuthorize({
    project: directory.get,
    later: laterVoices(options),
  });
  return {
    directory,
    authorize,
    revision,
    watch(all) {
      sessions = all;
    },
    verifyToken: revocations.verifyToken,
    revoke: (what) => revocations.revoke(what),
    isRevoked: (principal) => revocations.isRevoked(principal),
    sweep: () => revocations.sweep(),
    async close() {
      await directory.close();
      await revocations.close();
    },
  };
}

/** The embedding program, and then the application over HTTP. */
function laterVoices({ config, clock, logger, metrics, newId, application }: PermissionOptions): Decider[] {
  const voices: Decider[] = [];
  // Whatever it returns or throws, it is a promise from here on.
  if (application !== undefined) voices.push(async (...asked) => application(...asked));
  if (config.authorizer !== undefined) {
    const { address, ...rest } = config.authorizer;
    const onAnswered = (outcome: string) => metrics.authorizations.labels(outcome).inc();
    const onDown = (error: unknown) => logger.error({ err: error }, 'the authorizer does not answer');
    const { timeoutMs } = address;
    const post = createPost(address, clock);
    voices.push(createAuthorizer({ ...rest, timeoutMs, post, clock, newId, onAnswered, onDown }));
  }
  return voices;
}
