export interface Snippet {
  /** Of the block's first line, beginning with 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

/** The fenced blocks of a Markdown text that are written in one of these languages. */
export function snippetsIn(markdown: string, languages: readonly string[]): Snippet[] {
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .map(({ index, 1: language = '', 2: code = '' }) => ({
      line: markdown.slice(0, index).split('\n').length + 1,
      language,
      code,
    }))
    .filter(({ language }) => languages.includes(language));
}
