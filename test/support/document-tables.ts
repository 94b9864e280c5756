import { type Route, routes } from '../../protocol/http/index.ts';
import { closes, commands, errors, messages } from '../../protocol/index.ts';
import { settingsTable } from '../../server/settings/table.ts';

/** Documents with tables that follow from the code, and the names of these. */
export const documentTables = {
  'README.md': ['settings', 'errors', 'closes'],
  'protocol/REFERENCE.md': ['commands', 'messages', 'routes'],
} as const;

export type DocumentPath = keyof typeof documentTables;
export const documentPaths = Object.keys(documentTables) as DocumentPath[];

function tables(): Record<(typeof documentTables)[DocumentPath][number], string> {
  return {
    settings: settingsTable().trim(),
    commands: table(['to the server', 'fields'], fieldsOf(commands)),
    messages: table(['to the client', 'fields'], fieldsOf(messages)),
    routes: table(
      ['request', 'what'],
      Object.values<Route>(routes).map(({ method, path, summary }) => [`\`${method} ${path}\``, summary]),
    ),
    errors: table(
      ['code', 'meaning'],
      Object.entries(errors).map(([code, text]) => [`\`${code}\``, text]),
    ),
    closes: table(
      ['close', 'code', 'reconnect', 'meaning'],
      Object.entries(closes).map(([name, { code, reconnect, text }]) => [
        `\`${name}\``,
        String(code),
        reconnect ? 'yes' : 'no',
        text,
      ]),
    ),
  };
}

/** A document with its tables made anew; each stands between `<!-- name -->` and `<!-- /name -->`. */
export function withTables(path: DocumentPath, document: string): string {
  const contents = tables();
  let text = document;
  for (const name of documentTables[path]) {
    const place = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
    if (!place.test(text)) throw new Error(`${path} has no place for the table "${name}"`);
    text = text.replace(place, (_, before: string, after: string) => `${before}${contents[name]}\n${after}`);
  }
  return text;
}

function fieldsOf(
  schemas: Readonly<Record<string, { properties: object; required?: readonly string[] }>>,
): string[][] {
  return Object.entries(schemas).map(([type, { properties, required = [] }]) => {
    const fields = Object.keys(properties)
      .filter((name) => name !== 'type' && name !== 'ref' && name !== 'after')
      .map((name) => `\`${name}${required.includes(name) ? '' : '?'}\``);
    return [`\`${type}\``, fields.join(', ')];
  });
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
