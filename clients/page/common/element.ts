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

/** Says it where it differs: what is written anew is read out anew. */
export function say(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
