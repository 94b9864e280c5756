import { FilterXSS } from 'xss';

/** White space in one tag. The filter goes through the whole tag again for each, so that many would keep it busy. */
const MOST_BLANKS = 100;

const filter = new FilterXSS({
  stripIgnoreTagBody: ['script', 'style'],
  onTag(_tag, html, { isWhite }) {
    if (!isWhite || (html.match(/\s/g) ?? []).length <= MOST_BLANKS) return undefined;
    return html.replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  },
});

/** Text that is safe to be shown as HTML: harmless markup stays, all other is escaped or taken out. */
export function sanitised(text: string): string {
  return filter.process(text);
}
