import { part } from '../common/element.ts';

/** Panels of which one is seen: `shown` tells a panel that it is. */
export function openTabs(): void {
  const tabs = [...part('tabs').querySelectorAll<HTMLButtonElement>('[role=tab]')];
  const select = (chosen: HTMLButtonElement) => {
    for (const tab of tabs) {
      const isChosen = tab === chosen;
      tab.setAttribute('aria-selected', String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      const panel = part(tab.getAttribute('aria-controls') ?? '');
      panel.hidden = !isChosen;
      if (isChosen) panel.dispatchEvent(new Event('shown'));
    }
  };
  for (const tab of tabs) tab.addEventListener('click', () => select(tab));
  // Before the link is followed, as what is hidden cannot be gone to.
  part('skip').addEventListener('click', () => part('tab-items').click());
  part('tabs').addEventListener('keydown', (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = tabs.indexOf(document.activeElement as HTMLButtonElement);
    const next = by === undefined ? undefined : tabs[(at + by + tabs.length) % tabs.length];
    if (next === undefined) return;
    event.preventDefault();
    select(next);
    next.focus();
  });
}
