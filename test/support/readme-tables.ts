import { type Route, routes } from '../../protocol/http/index.ts';
import { closes, commands, errors, messages } from '../../protocol/index.ts';
import { settingsTable } from '../../server/settings/table.ts';

/** The tables of the README that follow from the code, by the name of the place that they stand at. */
export function readmeTables(): Record<string, string> {
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

/** The README with its tables made anew; each stands between `<!-- name -->` and `<!-- /name -->`. */
export function withTables(readme: string): string {
  let text = readme;
  for (const [name, content] of Object.entries(readmeTables())) {
    const place = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
    if (!place.test(text)) throw new Error(`the README has no place for the table "${name}"`);
    text = text.replace(place, (_, before: string, after: string) => `${before}${content}\n${after}`);
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
