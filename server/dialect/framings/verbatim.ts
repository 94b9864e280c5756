import { CameraState, reservedKeys } from '../../../protocol/index.ts';

/**
 * Cameras are most of all traffic, and the server does not look at what they say. One that comes as clients write
 * them is recognised by its text and passed on as that text, neither parsed nor written again: a seventh of the CPU
 * of a busy room. All others take the long way, with the same outcome.
 */

/** JSON that leaves as it came. Whoever writes it into other JSON gets what it says. */
export class Verbatim {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toJSON(): unknown {
    return JSON.parse(this.#text);
  }

  /** `message`, whose `camera` this is, as JSON. */
  within(message: object): string {
    const rest = JSON.stringify({ ...message, camera: undefined });
    return `${rest.slice(0, -1)},"camera":${this.#text}}`;
  }
}

// Numbers are finite whatever their exponent, strings have no escapes, and keys are no reserved ones.
const number = '-?(?:0|[1-9][0-9]{0,15})(?:\\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?';
const characters = '[^"\\\\\\u0000-\\u001f]*';
const vector = `(?:\\[${number}(?:,${number}){1,3}\\]|\\{"x":${number},"y":${number}(?:,"z":${number}(?:,"w":${number})?)?\\})`;
const named = Object.entries(CameraState.properties).map(
  ([name, schema]) => `"${name}":${'type' in schema ? number : vector}`,
);
const taken = [...Object.keys(CameraState.properties), ...reservedKeys];
const own = `"(?!(?:${taken.join('|')})")[A-Za-z_$][\\w$]*":(?:${number}|true|false|null|"${characters}")`;
const field = `(?:${[...named, own].join('|')})`;
const id = (name: string) => `(?:,"${name}":"(${characters})")?`;

const START = '{"type":"camera"';
/** Characters; of what is longer, to recognise it is not what takes the time. */
const LONGEST = 4096;
const frame = new RegExp(
  `^\\${START}${id('roomId')}${id('planetId')},"camera":(\\{${field}(?:,${field})*\\})${id('userId')}\\}$`,
);

/** The message in a frame that is a camera as clients write them; its ids are not validated. */
export function readCamera(json: string): object | undefined {
  const found = json.length <= LONGEST && json.startsWith(START) ? frame.exec(json) : null;
  if (found === null) return undefined;
  const [, roomId, planetId, camera, userId] = found;
  const message: Record<string, unknown> = { type: 'camera' };
  if (roomId !== undefined) message.roomId = roomId;
  if (planetId !== undefined) message.planetId = planetId;
  message.camera = new Verbatim(camera as string);
  if (userId !== undefined) message.userId = userId;
  return message;
}
