import type { Unsubscribe } from './events.ts';

interface Page {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/** In browsers: hears of what happens to the page, or its document. Elsewhere nothing does. */
export function onPage(type: string, listener: () => void, of = globalThis as Page): Unsubscribe {
  of.addEventListener?.(type, listener);
  return () => of.removeEventListener?.(type, listener);
}

/** In browsers: tells when there is a network again, or none any more, or the page is looked at again. */
export function onWake(wake: () => void): Unsubscribe {
  const { document = {} } = globalThis as { document?: Page & { visibilityState?: string } };
  const seen = () => {
    if (document.visibilityState === 'visible') wake();
  };
  const ends = [onPage('online', wake), onPage('offline', wake), onPage('visibilitychange', seen, document)];
  return () => {
    for (const end of ends) end();
  };
}
