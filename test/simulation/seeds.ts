/** Seeds of histories that broke a rule once. */
export const seeds: readonly number[] = [6, 11, 19, 29, 35, 36, 37, 39, 42, 53];
