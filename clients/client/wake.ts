import type { Unsubscribe } from './events.ts';

interface Page {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/** In browsers: tells when there is a network again, or the page is looked at again. */
export function onWake(wake: () => void): Unsubscribe {
  const page = globalThis as unknown as Page & { document?: Page & { visibilityState?: string } };
  const { document } = page;
  const seen = () => {
    if (document?.visibilityState === 'visible') wake();
  };
  page.addEventListener?.('online', wake);
  document?.addEventListener?.('visibilitychange', seen);
  return () => {
    page.removeEventListener?.('online', wake);
    document?.removeEventListener?.('visibilitychange', seen);
  };
}
