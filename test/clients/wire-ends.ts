import type { WebSocketLike } from '../../clients/client/index.ts';
import { closes } from '../../protocol/closes.ts';
import type { WireClient } from '../support/wire.ts';

type Listener = (event: object) => void;
type Close = { code: number; reason: string };

/** What the ends of a lossy wire need of their world. */
export interface Wires {
  readonly ends: Set<WireEnd>;
  /** Undefined: nobody is there. */
  connect(stream: 'native' | undefined, token: string | undefined): WireClient | undefined;
  /** WebSockets do not get through. */
  readonly isBlocked: boolean;
}

/** A lossy wire below a client: what is on its way may be late, and is lost when the wire is cut. */
export abstract class WireEnd {
  readonly #wires: Wires;
  #wire: WireClient | undefined;
  #up: { message: string; arrived: () => void }[] = [];
  #down: string[] = [];
  #isOver = false;

  constructor(wires: Wires) {
    this.#wires = wires;
    wires.ends.add(this);
  }

  protected abstract connect(wires: Wires): WireClient | undefined;
  protected abstract opened(): void;
  protected abstract arrived(frame: string): void;
  protected abstract closed(by: Close): void;

  put(message: string, arrived = () => {}): void {
    if (!this.#isOver) this.#up.push({ message, arrived });
  }

  hangUp(clean: boolean): void {
    if (this.#isOver) return;
    this.#over();
    this.#wire?.close(clean);
  }

  /** Both sides lose what is on its way. `half`: the server does not notice, and has two connections then. */
  cut(how: 'whole' | 'half' = 'whole'): void {
    if (this.#isOver) return;
    const wire = this.#wire;
    this.#over();
    this.closed({ code: 1006, reason: '' });
    if (how === 'whole') wire?.close(false);
  }

  /** Carries some of what is on its way, in its order. */
  carry(share: () => number): void {
    if (this.#isOver) return;
    if (this.#wire === undefined) {
      this.#wire = this.connect(this.#wires);
      if (this.#wire === undefined) return this.cut();
      this.opened();
    }
    const wire = this.#wire;
    for (const { message, arrived } of this.#up.splice(0, Math.ceil(this.#up.length * share()))) {
      wire.sendRaw(message);
      arrived();
    }
    this.#down.push(...wire.takeFrames());
    for (const frame of this.#down.splice(0, Math.ceil(this.#down.length * share()))) this.arrived(frame);
    const { closedWith } = wire;
    if (closedWith === undefined || this.#down.length > 0 || this.#isOver) return;
    this.#over();
    this.closed(closedWith);
  }

  #over(): void {
    this.#isOver = true;
    this.#wires.ends.delete(this);
  }
}

export class WireSocket extends WireEnd implements WebSocketLike {
  readonly #listeners = new Map<string, Listener>();

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, listener);
  }

  send(frame: string): void {
    this.put(frame);
  }

  close(code?: number): void {
    this.hangUp(code === 1000);
  }

  protected connect(wires: Wires) {
    return wires.isBlocked ? undefined : wires.connect(undefined, undefined);
  }

  protected opened(): void {
    this.#listeners.get('open')?.({});
  }

  protected arrived(data: string): void {
    this.#listeners.get('message')?.({ data });
  }

  protected closed(by: Close): void {
    this.#listeners.get('close')?.(by);
  }
}

/** An event stream and its posts. */
class WireStream extends WireEnd {
  readonly response: Response;
  readonly key: string;
  readonly #token: string | undefined;
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(wires: Wires, key: string, token: string | undefined) {
    super(wires);
    this.key = key;
    this.#token = token;
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        this.#stream = stream;
      },
      cancel: () => this.hangUp(false),
    });
    this.response = new Response(body);
  }

  protected connect(wires: Wires) {
    return wires.connect('native', this.#token);
  }

  protected opened(): void {
    this.arrived(`retry: 1000\n\nevent: open\ndata: ${JSON.stringify({ key: this.key })}\n\n`);
  }

  protected arrived(text: string): void {
    this.#stream?.enqueue(new TextEncoder().encode(text));
  }

  protected closed({ code, reason }: Close): void {
    const found = Object.values(closes).find((one) => one.code === code);
    if (found === undefined) return this.#stream?.error(new Error('broken off'));
    const data = { ...JSON.parse(reason), reconnect: found.reconnect };
    this.arrived(`event: close\ndata: ${JSON.stringify(data)}\n\n`);
    this.#stream?.close();
  }
}

/** `fetch` over lossy wires. A post whose stream is cut may have arrived, in part or as a whole. */
export function wireFetch(wires: Wires): typeof fetch {
  const streams = new Map<string, WireStream>();
  let keys = 0;
  return async (input, { method = 'GET', headers = {}, body, signal } = {}) => {
    if (method === 'GET') {
      keys += 1;
      const token = (headers as { authorization?: string }).authorization?.slice('Bearer '.length);
      const stream = new WireStream(wires, `key-${keys}`, token);
      streams.set(stream.key, stream);
      signal?.addEventListener('abort', () => stream.hangUp(false));
      return stream.response;
    }
    const [key = '', ...messages] = String(body).split('\n');
    const stream = streams.get(key);
    if (stream === undefined || !wires.ends.has(stream)) return new Response('{}', { status: 404 });
    if (String(input).includes('/end')) {
      stream.hangUp(true);
      return new Response(null, { status: 204 });
    }
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('aborted')));
      messages.forEach((message, index) => {
        const isLast = index === messages.length - 1;
        stream.put(message, () => isLast && resolve(new Response(null, { status: 204 })));
      });
    });
  };
}
