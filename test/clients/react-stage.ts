import { Window } from 'happy-dom';
import { createElement, type ReactNode, StrictMode } from 'react';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import type { Client, ConnectOptions } from '../../clients/client/index.ts';
import { TandemProvider } from '../../clients/react/index.ts';
import type { ClientStage } from './stage.ts';

/** As much of an element as tests look at: the project is compiled without the types of browsers. */
export interface Element {
  textContent: string;
  readonly children: Iterable<Element>;
}

const window = new Window();
for (const [name, value] of Object.entries({
  window,
  document: window.document,
  navigator: window.navigator,
})) {
  // Newer versions of Node have a navigator that cannot be assigned.
  Object.defineProperty(globalThis, name, { value, configurable: true });
}
// It looks for a document when it is loaded.
const { createRoot, hydrateRoot } = await import('react-dom/client');

export interface Mounted {
  readonly container: Element;
  text(): string;
  render(node: ReactNode): void;
  unmount(): void;
}

/** @param thrown told what a component throws; otherwise that fails the test */
export function mount(t: Test, node: ReactNode, thrown = failure(t)): Mounted {
  const container = window.document.createElement('div');
  const root = createRoot(container as never, {
    onUncaughtError: thrown,
  });
  let isMounted = true;
  const mounted: Mounted = {
    container: container as unknown as Element,
    text: () => container.textContent,
    render: (next) => root.render(next),
    unmount() {
      if (isMounted) root.unmount();
      isMounted = false;
    },
  };
  t.teardown(() => mounted.unmount());
  root.render(node);
  return mounted;
}

const failure = (t: Test) => (error: unknown) => {
  t.fail(`a component has thrown ${error}`);
};

/** A page that a server has rendered; `faults`: where the first render differs from it. */
export function hydrate(t: Test, html: string, node: ReactNode): { text(): string; faults: unknown[] } {
  const container = window.document.createElement('div');
  container.innerHTML = html;
  const faults: unknown[] = [];
  const root = hydrateRoot(container as never, node, { onRecoverableError: (error) => faults.push(error) });
  t.teardown(() => root.unmount());
  return { text: () => container.textContent, faults };
}

export const inStrict = (node: ReactNode): ReactNode => createElement(StrictMode, null, node);

export const below = (client: Client, ...children: ReactNode[]): ReactNode =>
  createElement(TandemProvider, { client }, ...children);

/** A component of a name that shows what its body returns. */
export function showing<P extends object>(body: (props: P) => ReactNode): (props: P) => ReactNode {
  return (props) => createElement('div', null, body(props));
}

/** A client, and all that it sends. */
export function recorded(at: ClientStage, options: ConnectOptions = {}): { client: Client; sent: string[] } {
  const sent: string[] = [];
  class Recorded extends WebSocket {
    override send(text: string): void {
      sent.push(JSON.parse(text).type);
      super.send(text);
    }
  }
  return { client: at.client({ WebSocket: Recorded, ...options }), sent };
}
