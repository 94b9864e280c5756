import type { Dialect } from '../dialect/dialect.ts';
import type { Audience } from './audience.ts';
import type { Told } from './position.ts';
import type { Part } from './rendering.ts';

/**
 * @param from the connection whose own message this is, and which shall not hear it
 * @param exclude users and connections that shall not hear it either
 */
export type SendToAudience = (
  audience: Audience,
  frame: string,
  before: Told,
  from: string | undefined,
  exclude: readonly string[] | undefined,
) => void;

/** Sends each audience what is for it: one frame in dialects that batch, else one for each message. */
export function publishToAll(
  audiences: Iterable<Audience>,
  render: (dialect: Dialect) => readonly Part[],
  send: SendToAudience,
): void {
  for (const audience of audiences) {
    const { dialect, things } = audience;
    const { framing } = dialect;
    const parts = render(dialect).filter((part) => part.thing === undefined || things.has(part.thing));
    if (framing.batches) {
      for (const run of runsOf(parts)) {
        const [{ before, exclude }] = run;
        const frames = framing.frames(run.map((part) => part.text));
        for (const frame of frames) send(audience, frame, before, undefined, exclude);
      }
      continue;
    }
    for (const { text, before, from, exclude } of parts) send(audience, text, before, from, exclude);
  }
}

/** What may share a frame: what is kept from the same receivers, which is mostly all. */
function runsOf(parts: readonly Part[]): [Part, ...Part[]][] {
  const runs: [Part, ...Part[]][] = [];
  for (const part of parts) {
    const last = runs.at(-1);
    if (last === undefined || last[0].exclude !== part.exclude) runs.push([part]);
    else last.push(part);
  }
  return runs;
}
