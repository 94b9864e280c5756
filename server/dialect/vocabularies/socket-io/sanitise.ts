import { FilterXSS } from 'xss';

const filter = new FilterXSS({ stripIgnoreTagBody: ['script', 'style'] });

/** Text that is safe to be shown as HTML: harmless markup stays, all other is escaped or taken out. */
export function sanitised(text: string): string {
  return filter.process(text);
}
