import { systemClock } from '../clock.ts';
import { type Config, type Environment, readConfig } from '../config.ts';
import { userOf } from '../dispatch/claims.ts';
import { developmentSecret } from '../settings/development-secret.ts';
import { signToken } from './sign-token.ts';

/** The options of `tandem token`. `ttl`: milliseconds. */
export interface TokenOptions {
  readonly sub: string;
  readonly name?: string;
  readonly email?: string;
  readonly project?: readonly string[];
  readonly room?: readonly string[];
  readonly role?: string;
  readonly scope?: readonly string[];
  readonly ttl: number;
}

/** Prints a token to stdout and nothing else, so that `$(tandem token …)` works. Exit code 2: not possible. */
export async function printToken(env: Environment, options: TokenOptions): Promise<void> {
  try {
    const config = readConfig(env, developmentSecret);
    const { sub, name, email, role, scope, project: projects, room: rooms, ttl: ttlMs } = options;
    const reason = whyNot(config);
    if (reason) throw new Error(reason);
    userOf({ sub, projects, rooms });
    console.log(
      await signToken(config, { sub, name, email, role, projects, rooms, scope, ttlMs }, systemClock),
    );
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 2;
  }
}

function whyNot({ mode, store, keys }: Config): string | undefined {
  if (keys.kind !== 'secret') {
    return 'tandem token needs JWT_SECRET. With JWT_PUBLIC_KEY or JWKS_URL only the holder of the private key makes tokens.';
  }
  if (mode === 'development' && store === 'memory') {
    return 'With STORE=memory the secret of development mode lives in the running server alone, which printed a token when it started. Set JWT_SECRET for both, or use STORE=lmdb.';
  }
  return undefined;
}
