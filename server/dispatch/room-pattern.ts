/**
 * Whether a pattern matches the whole text; `*` stands for any run of characters, also none, and nothing
 * else is special. The text is walked once, without going back: no pattern can make it slow.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  const first = pattern.indexOf('*');
  if (first < 0) return pattern === text;
  const last = pattern.lastIndexOf('*');
  const end = text.length - (pattern.length - last - 1);
  if (end < first || !text.startsWith(pattern.slice(0, first)) || !text.endsWith(pattern.slice(last + 1))) {
    return false;
  }
  let at = first;
  for (const part of pattern.slice(first, last).split('*')) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
