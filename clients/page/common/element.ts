type Child = Node | string | false | undefined;
type Value = string | number | boolean | undefined | ((event: Event) => void);

/**
 * An element. `onclick` and their like listen, `true` is an attribute without a value, `false` and undefined are left
 * out. Texts stay texts: nothing is ever read as HTML.
 */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, Value>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (made instanceof HTMLButtonElement) made.type = 'button';
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name.replace(/^on/, ''), value);
    else if (value !== undefined && value !== false) {
      made.setAttribute(name, value === true ? '' : String(value));
    }
  }
  made.append(...children.filter((child) => child !== undefined && child !== false));
  return made;
}

/** What the page has under this id. */
export function part<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found as T;
}

/**
 * Makes these the children of `parent`, in this order. Those that stay are left alone, so that nothing is read out
 * anew; whoever has the focus keeps it and, where that is taken away, has it on what has come into its place.
 */
export function arrange(parent: HTMLElement, nodes: readonly HTMLElement[]): void {
  const focused = document.activeElement;
  const place = [...parent.children].findIndex((child) => child.contains(focused));
  const wanted = new Set<Element>(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  for (const [index, node] of nodes.entries()) {
    const there = parent.children[index] ?? null;
    if (there !== node) parent.insertBefore(node, there);
  }
  if (place === -1 || document.activeElement === focused) return;
  const near = [...nodes.slice(place), ...nodes.slice(0, place).reverse()];
  const next = near.map((node) => node.querySelector('button')).find((button) => button !== null);
  if (parent.contains(focused)) (focused as HTMLElement).focus();
  else (next ?? parent).focus();
}

/** Says it where it differs: what is written anew is read out anew. */
export function say(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
