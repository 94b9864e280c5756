import { InvalidArgumentError } from 'commander';

/** Reads an argument that says how many: a whole number of 1 or more. */
export function count(given: string): number {
  const value = Number(given);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('Expected a whole number of 1 or more.');
  return value;
}
