import type { Test } from 'tap';
import { type ConnectOptions, connect } from '../../clients/client/index.ts';
import { createManualClock } from '../support/manual-clock.ts';

type Listener = (event: object) => void;

/** A client whose server is played by the test. */
export function stage(t: Test, options: ConnectOptions = {}) {
  const clock = createManualClock();
  const sockets: Scripted[] = [];
  class Scripted {
    readonly sent: Record<string, unknown>[] = [];
    readonly url: string;
    readonly protocols: string[];
    closedBy: unknown[] | undefined;
    readonly listeners = new Map<string, Listener>();
    constructor(url: string, protocols: string[]) {
      this.url = url;
      this.protocols = protocols;
      sockets.push(this);
    }
    addEventListener(type: string, listener: Listener) {
      this.listeners.set(type, listener);
    }
    send(text: string) {
      this.sent.push(JSON.parse(text));
    }
    close(...by: unknown[]) {
      this.closedBy = by;
    }
    open(terms: object = { heartbeatMs: 30_000, tickMs: 16, limits: {} }) {
      this.listeners.get('open')?.({});
      this.say({ type: 'welcome', connectionId: 'c', ...terms });
    }
    say(...messages: object[]) {
      this.listeners.get('message')?.({ data: JSON.stringify(messages) });
    }
    end(code: number, reason: object = {}) {
      this.listeners.get('close')?.({ code, reason: JSON.stringify(reason) });
    }
  }
  const client = connect('ws://there/ws', {
    WebSocket: Scripted,
    transports: ['websocket'],
    clock,
    random: () => 1,
    ...options,
  });
  t.teardown(() => client.close());
  const heard: unknown[] = [];
  client.on('status', (status) => heard.push(status));
  client.on('lost', () => heard.push('lost'));
  client.on('error', ({ code }) => heard.push(code));
  /** Lets time pass and, as `getToken` may take its time, what is promised come. */
  const pass = async (ms: number) => {
    clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { client, clock, sockets, heard, pass, last: () => sockets.at(-1) as Scripted };
}
