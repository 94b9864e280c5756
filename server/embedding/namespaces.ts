import type { SocketHandler } from '../transport/socket-io/socket.ts';
import { type Application, type ApplicationParts, createNamespace, failed } from './application.ts';

/** Who serves each namespace: an application that names it, else `own` says. */
export function createNamespaces(
  applications: readonly Application[],
  own: (name: string) => SocketHandler | undefined,
  parts: ApplicationParts,
): (name: string) => SocketHandler | undefined {
  function isOf({ namespace }: Application, name: string): boolean {
    if (typeof namespace === 'string') return namespace === name;
    try {
      return namespace(name);
    } catch (error) {
      failed(parts.logger, name, error);
      return false;
    }
  }
  return (name) => {
    const application = applications.find((one) => isOf(one, name));
    // Made anew for each client, as it keeps nothing: strangers may think of any number of names.
    if (application !== undefined) return createNamespace(name, application, parts);
    return own(name);
  };
}
