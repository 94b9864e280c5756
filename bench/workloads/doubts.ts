/*
 * Why a run may not be believed, in the words that stand below its table; none where it may.
 */

/** Above it, or below, something was the bottleneck, or was not what it was meant to be. */
export const BUSY = 0.95;
/** Part of what was sent above which some had been sent before: nobody counts so exactly. */
const MORE = 1.05;

/** Where connections ended that should not have. */
export function lossesOf(lost: readonly string[]): string[] {
  return lost.length === 0 ? [] : [`${lost.length} connections were lost (${lost[0]})`];
}

/** Where commands were not done: what is refused costs another thing. */
export function refusalsOf({ refused }: { readonly refused: number }): string[] {
  return refused === 0 ? [] : [`${refused} commands were refused`];
}

/** Where the load was the bottleneck. */
export function loadOf({ busy }: { readonly busy: number }): string[] {
  return busy > BUSY ? [`the load was busy ${percent(busy)} of the time`] : [];
}

/**
 * Where the server was the bottleneck: then latency is that of a queue, and what is merged or lost costs nothing.
 *
 * @param load of the busiest core, of all processes of the server there
 * @param delivered part of what was sent meanwhile
 */
export function arrearsOf(load: number, delivered: number): string[] {
  return [
    ...(load > BUSY ? [`the server was busy ${percent(load)} of the time`] : []),
    ...(delivered > MORE
      ? [`the server was in arrears: ${percent(delivered)} of what was sent meanwhile came`]
      : []),
  ];
}

export function percent(part: number): string {
  return `${(100 * part).toFixed(0)} %`;
}
