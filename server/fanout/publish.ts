import type { Dialect } from '../dialect/dialect.ts';
import type { Audience } from './audience.ts';
import type { Place } from './position.ts';
import type { Part } from './rendering.ts';

/** @param from the connection whose own message this is, and which shall not hear it */
export type SendToAudience = (
  audience: Audience,
  frame: string,
  before: Place,
  from: string | undefined,
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
    const [first] = parts;
    if (first === undefined) continue;
    if (framing.batches) {
      const frames = framing.frames(parts.map((part) => part.text));
      for (const frame of frames) send(audience, frame, first.before, undefined);
      continue;
    }
    for (const { text, before, from } of parts) {
      for (const frame of framing.frames([text])) send(audience, frame, before, from);
    }
  }
}
