import type { SocketHandler } from '../transport/socket-io/socket.ts';
import { type Application, type ApplicationParts, createNamespace } from './application.ts';

/** Who serves each namespace: an application that names it, else `own` says. */
export function createNamespaces(
  applications: readonly Application[],
  own: (name: string) => SocketHandler | undefined,
  parts: ApplicationParts,
): (name: string) => SocketHandler | undefined {
  return (name) => {
    const application = applications.find(({ namespace }) =>
      typeof namespace === 'string' ? namespace === name : namespace(name),
    );
    // Made anew for each client, as it keeps nothing: strangers may think of any number of names.
    if (application !== undefined) return createNamespace(name, application, parts);
    return own(name);
  };
}
