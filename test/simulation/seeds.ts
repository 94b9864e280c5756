/** Seeds of histories that broke a rule once. */
export const seeds: readonly number[] = [6, 11, 19, 29, 35, 36, 37, 39, 42, 53];
/** The same, of clients that do not wait for answers. */
export const pipelinedSeeds: readonly number[] = [3, 9, 42, 67, 101, 220, 757, 1027, 1506, 2025, 3525, 4125];
